/// The way out of a private network: where its proxy listens inside, and what that may connect to.
public struct ProxyPlan: Equatable, Sendable {
    /// The port of 127.0.0.1 that the proxy listens on, inside: the base port and 3. No profile's set holds it, and from
    /// the gateway's socket, too, nobody else is reached there (see `HostListener`).
    public var port: UInt16
    /// The gateway's port. Inside, connections to it on loopback are led to the gateway, which listens outside. Nil for a
    /// sibling, from which nothing leads to the gateway.
    public var gatewayPort: UInt16?
    /// What may be connected to.
    public var egress: EgressRules

    /// What tells programs of the proxy, in the two spellings that there are.
    public var variables: [EnvironmentVariable] {
        let url = "http://127.0.0.1:\(port)"
        let values = [
            ("ALL_PROXY", url), ("HTTPS_PROXY", url), ("HTTP_PROXY", url), ("NO_PROXY", "localhost,127.0.0.1,::1"),
        ]
        return values.flatMap { name, value in
            [name, name.lowercased()].compactMap { EnvironmentVariable(name: $0, value: value) }
        }
    }
}

extension ProxyPlan {
    /// Whether a connection to `port` of `host` may be made through the proxy.
    func answer(connectingTo host: String, _ port: UInt16, act: String) -> Answer {
        guard let (destination, _) = HostText.split("\(host):\(port)") else {
            return Answer(act: act, isAllowed: false, rule: "no-host", remedy: "write IPv6 addresses in brackets")
        }
        let decision =
            switch destination {
            case .name(let name): egress.decide(name, port)
            case .address(let address): egress.decide(address, port)
            }
        guard decision == .allowed else {
            return Answer(
                act: act, isAllowed: false, rule: "egress-unlisted",
                remedy: "add \"\(host):\(port)\" to \"egress\" in the profile")
        }
        return Answer(act: act, isAllowed: true, rule: "egress, through the proxy at 127.0.0.1:\(self.port)")
    }
}
