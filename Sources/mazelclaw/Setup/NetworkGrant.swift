import Policy

/// What a profile must grant so that its gateway may connect to a service.
struct NetworkGrant: Equatable {
    /// What the profile's file is to say, as it stands there; nil where no entry of it helps.
    let entry: String?
    /// Why a connection is not permitted now, and what would: a sentence.
    let text: String
    private let change: Change?

    private enum Change: Equatable {
        case connect(UInt16)
        case egress(EgressRule)
    }

    /// What `profile` lacks for connections to `port` of `host`; nil when nothing does.
    init?(_ profile: Profile, host: String, port: UInt16) {
        let isOwnHost = host == "localhost" || host.hasPrefix("127.") || host == "[::1]"
        switch profile.network {
        case .shared:
            guard ![53, 80, 443].contains(port), !profile.connectPorts.contains(port) else { return nil }
            let ports = (profile.connectPorts + [port]).map { "\($0)" }.joined(separator: ", ")
            entry = "\"connect\": {\"ports\": [\(ports)]}"
            text =
                "The sandbox lets the gateway connect to the ports 53, 80 and 443 of others, and not to port \(port)."
            change = .connect(port)
        case .private:
            guard !isOwnHost else {
                entry = nil
                text =
                    "The profile has a network of its own (\"network\": \"private\"), from which no server of this host can be "
                    + "reached; set it to \"shared\" in the profile file to use one."
                change = nil
                return
            }
            guard let rule = EgressRule("\(host):\(port)") else {
                entry = nil
                text =
                    "The profile's private network reaches only what \"egress\" lists, and \(host):\(port) can be no entry of it."
                change = nil
                return
            }
            guard !profile.egress.contains(rule) else { return nil }
            entry = "\"egress\": [\((profile.egress + [rule]).map { "\"\($0)\"" }.joined(separator: ", "))]"
            text =
                "The profile's private network reaches only what \"egress\" lists, and \(host):\(port) is not among it."
            change = .egress(rule)
        case .none:
            entry = nil
            text =
                "The profile has no network (\"network\": \"none\"); set it to \"shared\" or \"private\" to use a service."
            change = nil
        }
    }

    /// Has `profile` grant it.
    func apply(to profile: inout Profile) {
        switch change {
        case .connect(let port): profile.connectPorts.append(port)
        case .egress(let rule): profile.egress.append(rule)
        case nil: break
        }
    }
}
