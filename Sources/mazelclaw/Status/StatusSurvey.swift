import Configuration
import Gateway
import JSON
import Policy
import Profiles
import Storage

/// Gathers what `status` tells of one instance, and of no other.
struct StatusSurvey {
    let context: Context
    /// How long each question to the gateway may take, in milliseconds.
    let timeout: Int64
    /// How much is asked.
    var depth = Depth.outside

    /// How much is asked.
    enum Depth: Comparable {
        /// What everybody may know.
        case outside
        /// What a client that signs in is told.
        case inside
        /// That, and what is to be found in configuration and files.
        case everything
    }

    func report() async throws -> InstanceStatus {
        let instance = try context.located()
        let (file, fault) = Context.configurationFile(of: instance)
        let configuration = try GatewayConfiguration(instance: instance, file: file)
        let holder = try context.holder.get()
        let proof = context.proof
        // An earlier start's says nothing of what runs now.
        let isOfHolder = holder?.pid != nil && proof?["supervisor"]?.integer == holder?.pid.map(Int64.init)
        let address: GatewayAddress
        var encryptionFault: String?
        do throws(ConfigurationError) {
            address = try GatewayAddress(configuration)
        } catch {
            // Nothing that answers can show that it is the gateway.
            address = GatewayAddress(port: configuration.ports.value.gateway, encryption: .certificate(nil))
            encryptionFault = "\(error)"
        }
        let identity = try InstanceIdentity.load(in: instance.stateDirectory.value)
        let check = try ListenerCheck(context)
        // What only the file could say is not known, and what is on the default port is somebody else's.
        let isPortUnknown = if case .default = configuration.ports.source { fault != nil } else { false }
        let health: Health
        do throws(ListenerCheck.Stranger) {
            if isPortUnknown {
                health = .down("not asked: its port is not known")
            } else {
                try check.requireOwnListener(on: address.port)
                let answer = await HealthProbe(address: address, timeout: timeout).ask()
                let seen = Health(answer, profile: instance.name, identity: identity)
                health =
                    seen.isUp
                    ? seen.asked(
                        forReadiness: await HealthProbe(address: address, timeout: timeout, path: "/ready").ask())
                    : seen
            }
        } catch {
            health = error.isInstance ? .other(error.reason) : .foreign(error.reason)
        }
        var examination: Examination?
        if depth > .outside, health.isOwn { examination = await Examination(context, timeout: timeout) }
        return InstanceStatus(
            configuration: configuration, configurationFault: fault?.description, isPortUnknown: isPortUnknown,
            holder: holder,
            proof: isOfHolder ? proof : nil, lastEnd: context.lastEnd, repairs: context.repairs,
            encryption: address.encryption,
            encryptionFault: encryptionFault, health: health, examination: examination,
            doctor: depth == .everything ? try InstanceDiagnosis(context) : nil)
    }
}
