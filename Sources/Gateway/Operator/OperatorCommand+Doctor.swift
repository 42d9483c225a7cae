import Configuration
import Files
import GatewayProtocol
import Glibc
import Policy
import Storage

extension OperatorCommand {
    static let doctor = OperatorCommand(
        "doctor", "", "Checks configuration, directories, sandbox and agents, as far as they can be seen from here."
    ) { request in
        let checks = Checkup(gateway: request.gateway).checks
        let faults = checks.count { $0.finding == .fault }
        let lines = checks.map { "\($0.finding.rawValue)  \($0.text)" }
        let end = faults == 0 ? "Nothing is wrong that can be seen from here." : "\(faults) to be mended."
        return (lines + ["", end]).joined(separator: "\n")
    }
}

/// What the gateway can check of itself.
struct Checkup {
    enum Finding: String {
        case fine = "ok  "
        case fault = "BAD "
        case note = "note"
        /// It cannot be seen from here.
        case unseen = "?   "
    }

    struct Check {
        let finding: Finding
        let text: String
    }

    let gateway: Gateway

    var checks: [Check] {
        [configurationFile] + setAside + admission + directories + [sandbox, space] + agents + [
            Check(
                finding: .unseen,
                text: "the lock, the service unit and other instances are not visible from here; on the host: "
                    + "\(CommandText.command("status", for: instance.name)), mazelclaw-run doctor")
        ]
    }

    private var instance: Instance { gateway.configuration.instance }

    private var configurationFile: Check {
        let path = instance.configurationFile.value
        do {
            guard try ConfigurationFile.load(for: instance) != nil else {
                return Check(finding: .fault, text: "\(path) is missing; make it with setup")
            }
        } catch {
            return Check(finding: .fault, text: "the gateway would not start again: \(error)")
        }
        if let disagreement = gateway.configuration.portDisagreement {
            return Check(finding: .note, text: disagreement)
        }
        return Check(finding: .fine, text: "\(path) is valid")
    }

    /// What cannot be used, and keeps no gateway from starting. Sessions are told of in the log, and by whoever asks for
    /// one.
    private var setAside: [Check] {
        let settings = gateway.configuration.file?.snapshot.setAside.map(\.description) ?? []
        return (settings + gateway.cron.setAside.map(\.description)).map { Check(finding: .fault, text: $0) }
    }

    private var admission: [Check] {
        gateway.configuration.accessNotes.map { Check(finding: .note, text: $0) }
    }

    private var directories: [Check] {
        var checks = [directory(instance.stateDirectory.value, "state directory", mustBePrivate: true)]
        for agent in gateway.agents.all {
            checks.append(directory(agent.workspace, "workspace of \(agent.id)", mustBePrivate: false))
        }
        return checks
    }

    private func directory(_ path: AbsolutePath, _ name: String, mustBePrivate: Bool) -> Check {
        guard let attributes = FileAttributes(at: path) else {
            return Check(
                finding: .fault, text: "the \(name) \(path) cannot be reached: \(String(cString: strerror(errno)))")
        }
        guard access(path.text, W_OK) == 0 else {
            return Check(
                finding: .fault, text: "the \(name) \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        if mustBePrivate, attributes.isOpenToOthers {
            return Check(finding: .fault, text: "the \(name) \(path) is open to others; chmod 700 it")
        }
        return Check(finding: .fine, text: "the \(name) \(path) is there and can be written")
    }

    private var sandbox: Check {
        let facts = SandboxFacts.current
        guard instance.isSandboxed else {
            return Check(
                finding: .note,
                text: "no sandbox: start it with \(CommandText.text("mazelclaw-run", for: instance.name)) to have one")
        }
        return switch facts.isConfined {
        case true?: Check(finding: .fine, text: "in its sandbox: \(facts.summary(isSandboxed: true))")
        case false?: Check(finding: .fault, text: facts.summary(isSandboxed: true))
        case nil: Check(finding: .unseen, text: "the sandbox: /proc/self/status does not say")
        }
    }

    private var space: Check {
        let path = instance.stateDirectory.value
        var status = statvfs()
        guard statvfs(path.text, &status) == 0 else {
            return Check(finding: .unseen, text: "the space left in \(path)")
        }
        let (bytes, isMore) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        let megabytes = (isMore ? .max : bytes) >> 20
        return Check(finding: megabytes < 100 ? .fault : .fine, text: "\(megabytes) MiB are left for \(path)")
    }

    private var agents: [Check] {
        gateway.agents.faults.map { Check(finding: .fault, text: $0) }
            + gateway.agents.all.map { agent in
                if agent.models.isEmpty {
                    return Check(
                        finding: .note, text: "the agent \(agent.id) has no model: the operator answers for it")
                }
                do throws(ProtocolError) {
                    _ = try gateway.agents.responders(for: agent.models, operator: gateway.ownResponder)
                    return Check(finding: .fine, text: "the agent \(agent.id) has a provider for each of its models")
                } catch {
                    return Check(finding: .fault, text: "the agent \(agent.id): \(error.message)")
                }
            }
    }
}
