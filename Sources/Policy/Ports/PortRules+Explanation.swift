public import JSON

extension PortRules {
    /// The rules in sentences, for `explain`.
    public var summary: [String] {
        var lines = tcp.map { selector in
            switch selector {
            case .gateway: "tcp \(ports.gateway) on \(addresses)  # gateway"
            case .control: "tcp \(ports.control) on loopback  # browser control"
            case .cdp: "tcp \(PortRanges.text(selector.ports(in: ports))) on loopback  # CDP"
            case .number(let number): "tcp \(number) on \(addresses)  # listed by the policy"
            }
        }
        if loopbackProbe { lines.append("tcp 0 on loopback  # loopbackProbe") }
        lines.append("udp 0 on every address  # ephemeral")
        if !udp.isEmpty { lines.append("udp \(PortRanges.text(udp.sorted())) on every address  # listed") }
        if let ceilings {
            lines.append("at most \(ceilings.udpPorts) UDP ports and \(ceilings.listeners) TCP listeners at once")
        }
        lines.append(
            sharesAbstractNames
                ? "unix paths, and abstract names that the kernel chooses  # all others are the host's"
                : "unix paths and abstract names  # the sandbox's own")
        return lines
    }

    /// The rules as data.
    public var json: JSON {
        [
            "tcp": .array(
                tcp.map { selector in
                    let own = selector.ports(in: ports)
                    let isScoped = selector != .control && selector != .cdp
                    return [
                        "ports": .string(PortRanges.text(own)),
                        "addresses": .string(isScoped ? scope.description : BindScope.loopback.description),
                    ]
                }),
            "udp": .string(udp.reduce("ephemeral") { "\($0),\($1)" }),
            "loopbackProbe": .bool(loopbackProbe),
            "abstractNames": .bool(!sharesAbstractNames),
            "ceilings": ceilings.map {
                ["udpPorts": .integer(Int64($0.udpPorts)), "listeners": .integer(Int64($0.listeners))]
            } ?? .null,
        ]
    }

    private var addresses: String {
        switch scope {
        case .loopback: "loopback"
        case .lan: "every address"
        case .address(let address): "\(address) and loopback"
        }
    }
}
