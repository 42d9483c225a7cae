import Configuration
import Files
import GatewayProtocol
import Policy
import Storage

extension OperatorCommand {
    static let doctor = OperatorCommand(
        "doctor", "", "Checks configuration, directories, sandbox and agents, as far as they can be seen from here."
    ) { request in
        let checks = Checkup(sources: request.sources).checks
        let faults = checks.count { $0.finding == .fault }
        let lines = checks.map { "\($0.finding.rawValue)  \($0.text)" }
        let end = faults == 0 ? "Nothing is wrong that can be seen from here." : "\(faults) to be mended."
        return (lines + ["", end]).joined(separator: "\n")
    }
}

/// What the gateway can check of itself.
struct Checkup {
    let sources: OperatorSources
    private let configuration: GatewayConfiguration
    private let agents: AgentDirectory

    init(sources: OperatorSources) {
        self.sources = sources
        configuration = sources.configuration.value
        agents = sources.agents.value
    }

    var checks: [Check] {
        [configurationFile] + setAside + admission + directories + [sources.confinement.check, space] + responders + [
            Check(
                .unseen,
                "the lock, the service unit and other instances are not visible from here; on the host: "
                    + "\(CommandText.command("status", for: instance.name)), mazelclaw-run doctor")
        ]
    }

    private var instance: Instance { configuration.instance }

    private var configurationFile: Check {
        let path = instance.configurationFile.value
        do {
            guard try ConfigurationFile.load(for: instance) != nil else {
                return Check(.fault, "\(path) is missing; make it with setup")
            }
        } catch {
            return Check(.fault, "the gateway would not start again: \(error)")
        }
        if let disagreement = configuration.portDisagreement {
            return Check(.note, disagreement)
        }
        return Check(.fine, "\(path) is valid")
    }

    /// What cannot be used, and keeps no gateway from starting. Sessions are told of in the log, and by whoever asks for
    /// one.
    private var setAside: [Check] {
        let settings = configuration.file?.snapshot.setAside.map(\.description) ?? []
        return (settings + sources.cron.setAside.map(\.description)).map { Check(.fault, $0) }
    }

    private var admission: [Check] {
        configuration.accessNotes.map { Check(.note, $0) }
    }

    private var directories: [Check] {
        var checks = [directory(instance.stateDirectory.value, "state directory", mustBePrivate: true)]
        for agent in agents.all {
            checks.append(directory(agent.workspace, "workspace of \(agent.id)", mustBePrivate: false))
        }
        return checks
    }

    private func directory(_ path: AbsolutePath, _ name: String, mustBePrivate: Bool) -> Check {
        let attributes: FileAttributes
        do throws(StorageError) {
            attributes = try FileAttributes(of: path)
        } catch {
            return Check(.fault, "the \(name) \(path) cannot be reached: \(error.reason)")
        }
        do throws(StorageError) {
            try DirectoryState.requireWritable(path, "write")
        } catch {
            return Check(.fault, "the \(name) \(path) cannot be written: \(error.reason)")
        }
        if mustBePrivate, attributes.isOpenToOthers {
            return Check(.fault, "the \(name) \(path) is open to others; chmod 700 it")
        }
        return Check(.fine, "the \(name) \(path) is there and can be written")
    }

    private var space: Check {
        let path = instance.stateDirectory.value
        guard let bytes = try? DirectoryState.room(in: path) else {
            return Check(.unseen, "the space left in \(path)")
        }
        let megabytes = bytes >> 20
        return Check(megabytes < 100 ? .fault : .fine, "\(megabytes) MiB are left for \(path)")
    }

    private var responders: [Check] {
        agents.faults.map { Check(.fault, $0) }
            + agents.all.map { agent in
                if agent.models.isEmpty {
                    return Check(.note, "the agent \(agent.id) has no model: the operator answers for it")
                }
                do throws(ProtocolError) {
                    _ = try agents.responders(for: agent.models, operator: Operator(sources: sources))
                    return Check(.fine, "the agent \(agent.id) has a provider for each of its models")
                } catch {
                    return Check(.fault, "the agent \(agent.id): \(error.message)")
                }
            }
    }
}
