import Gateway
import JSON
import Policy
import Storage

/// What stands behind a profile's port.
enum Health {
    /// This instance, alive.
    case up(version: String, uptime: Int64, latency: Int64, configuration: String?)
    /// This instance, alive, that takes no clients now.
    case unready(String)
    /// Nothing listens.
    case down(String)
    /// Something accepts and does not answer.
    case silent(String)
    /// An HTTP server or other program that is no gateway.
    case foreign(String)
    /// A gateway, but not this one.
    case other(String)

    /// Judges `answer`, which must come from the instance `identity` of `profile` to count.
    init(_ answer: HealthProbe.Answer, profile: ProfileName, identity: InstanceIdentity?) {
        switch answer {
        case .refused(let reason): self = .down(reason)
        case .timeout(let reason): self = .silent(reason)
        case .unintelligible(let reason): self = .foreign(reason)
        case .unready: self = .unready(Self.reason)
        case .health(let json, let latency):
            guard let name = json["profile"]?.string, let id = json["instanceId"]?.string,
                let version = json["version"]?.string
            else {
                self = .foreign("it does not answer as a gateway does")
                return
            }
            guard name == profile.text else {
                self = .other("the gateway of profile \"\(name)\" answers there")
                return
            }
            guard id == identity?.id else {
                self = .other(
                    "a gateway of a profile with the same name, but with another state directory, answers there")
                return
            }
            self = .up(
                version: version, uptime: json["uptimeMs"]?.integer ?? 0, latency: latency,
                configuration: json["configuration"]?.string)
        }
    }

    /// The same, after what it answered when it was asked whether it takes clients.
    func asked(forReadiness answer: HealthProbe.Answer) -> Health {
        guard isUp else { return self }
        return switch answer {
        case .health: self
        case .unready: .unready(Self.reason)
        case .refused(let reason), .timeout(let reason), .unintelligible(let reason):
            .unready("it lives, but does not say that it takes clients: \(reason)")
        }
    }

    private static let reason = "it lives, and takes no clients now: it is starting or stopping"

    var isUp: Bool { if case .up = self { true } else { false } }

    /// Whether it is this instance that answers.
    var isOwn: Bool {
        switch self {
        case .up, .unready: true
        case .down, .silent, .foreign, .other: false
        }
    }

    /// What the running gateway makes of a configuration that is not the one it runs with.
    var configurationNote: String? {
        switch self {
        case .up(_, _, _, "refused"): "the running gateway cannot use it, and goes on with the last one"
        case .up(_, _, _, "waiting"): "some of it counts only after a restart of the running gateway"
        case .up, .unready, .down, .silent, .foreign, .other: nil
        }
    }

    /// One word for programs.
    var word: String {
        switch self {
        case .up: "up"
        case .unready: "unready"
        case .down: "down"
        case .silent: "silent"
        case .foreign: "foreign"
        case .other: "other"
        }
    }

    /// What is known beyond the word.
    var detail: String {
        switch self {
        case .up(let version, let uptime, let latency, _):
            "version \(version), running for \(uptime / 1000) s, answered in \(latency) ms"
        case .unready(let reason), .down(let reason), .silent(let reason), .foreign(let reason), .other(let reason):
            reason
        }
    }
}
