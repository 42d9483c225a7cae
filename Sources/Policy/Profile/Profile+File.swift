public import JSON

extension Profile {
    /// Reads a profile file: a JSON object of the keys below, of which only `basePort` is required.
    ///
    /// `basePort`, `cdpPorts`, `policy`, `bind` (`loopback`, `lan` or an address), `network` (`shared`, `private` or `none`), `egress` (`HOST:PORT`), `user`, `identity` (`own` or `user`),
    /// `stateDirectory`, `workspace`, `workspaceOverlay` (a size such as `256m`), `binds` (objects of `source`,
    /// `destination`, `access`, `sockets`), `connect` (`ports`), `udp` (`ports`), `loopbackProbe`, `limits` (`memory`, `memoryHigh`,
    /// `tasks`, `cpu`, `io`), `siblings` (by kind, objects of `executables`), `environment`. Throws `PolicyError` with file and line for an unknown key or a value out of range.
    public init(name: ProfileName, file: String, text: [UInt8]) throws(PolicyError) {
        var object = try StrictDocument(file: file, text: text).object()
        let bases = Int64(PortSet.validBases.lowerBound)...Int64(PortSet.validBases.upperBound)
        let base = try object.require(try object.integer("basePort", in: bases), "basePort")
        self.init(name: name, basePort: UInt16(base))
        cdpPorts = (try object.integers("cdpPorts", in: 1024...65535) ?? []).map { UInt16($0) }
        policy = try object.string("policy") ?? policy
        if let scope = try object.string("bind") {
            guard let scope = BindScope(scope) else {
                throw object.error(
                    "bind", "expected \"loopback\", \"lan\" or an IP address of this host, found \"\(scope)\"")
            }
            bind = scope
        }
        if let text = try object.string("network") {
            guard let mode = NetworkMode(rawValue: text) else {
                throw object.error("network", "expected \"shared\", \"private\" or \"none\", found \"\(text)\"")
            }
            network = mode
        }
        if network == .private, bind != .loopback {
            throw object.error(
                "bind",
                "expected \"loopback\" with \"network\": \"private\", found \"\(bind)\": a socket that other "
                    + "hosts reach can be made to reach them; let a reverse proxy on this host take connections from others"
            )
        }
        for text in try object.strings("egress") ?? [] {
            guard network == .private else {
                throw object.error(
                    "egress",
                    "only a profile with \"network\": \"private\" has a proxy; \"connect\": {\"ports\"} is for "
                        + "\"shared\"")
            }
            guard let rule = EgressRule(text) else {
                throw object.error(
                    "egress",
                    "expected HOST:PORT, with a name, a name after \"*.\", an IPv4 address or an IPv6 address in brackets, found \"\(text)\""
                )
            }
            egress.append(rule)
        }
        user = try object.string("user")
        if let text = try object.string("identity") {
            guard let mode = ProfileIdentity(rawValue: text) else {
                throw object.error("identity", "expected \"own\" or \"user\", found \"\(text)\"")
            }
            identity = mode
        }
        stateDirectory = try object.path("stateDirectory")
        workspace = try object.path("workspace")
        if let size = try object.string("workspaceOverlay") {
            guard let bytes = TemporarySize.bytes(size[...]) else {
                throw object.error("workspaceOverlay", "expected a size such as \"256m\", found \"\(size)\"")
            }
            workspaceOverlay = bytes
        }
        for var bind in try object.objects("binds") ?? [] {
            binds.append(try BindMount(&bind))
        }
        if var connect = try object.object("connect") {
            connectPorts = (try connect.integers("ports", in: 1...65535) ?? []).map { UInt16($0) }
            if network.isOwn, !connectPorts.isEmpty {
                throw object.error(
                    "connect",
                    "\"network\": \"\(network.rawValue)\" leads nowhere to connect to; leave it out, or set "
                        + "\"network\": \"shared\"")
            }
            try connect.finish()
        }
        if var udp = try object.object("udp") {
            udpPorts = (try udp.integers("ports", in: 1024...65535) ?? []).map { UInt16($0) }
            try udp.finish()
        }
        loopbackProbe = try object.bool("loopbackProbe") ?? false
        if var limits = try object.object("limits") { self.limits = try ControlGroupLimits(&limits) }
        if var siblings = try object.object("siblings") {
            for kind in siblings.names {
                guard var sibling = try siblings.object(kind) else { continue }
                siblingPrograms.append(try SiblingPrograms(kind: kind, &sibling))
            }
            try siblings.finish()
        }
        for pair in try object.dictionary("environment") ?? [] {
            guard let variable = EnvironmentVariable(name: pair.name, value: pair.value) else {
                throw object.error("environment", "\"\(pair.name)\" cannot be the name of a variable")
            }
            environment.append(variable)
        }
        try object.finish()
    }

    /// The profile file's content: every choice that differs from the default, and the base port.
    public var file: JSON {
        var object = JSONObject()
        object["basePort"] = .integer(Int64(basePort))
        if !cdpPorts.isEmpty { object["cdpPorts"] = .array(cdpPorts.map { .integer(Int64($0)) }) }
        object["policy"] = .string(policy)
        object["bind"] = .string(bind.description)
        if network != .shared { object["network"] = .string(network.rawValue) }
        if !egress.isEmpty { object["egress"] = .array(egress.map { .string($0.description) }) }
        object["user"] = user.map(JSON.string)
        object["identity"] = identity.map { .string($0.rawValue) }
        object["stateDirectory"] = stateDirectory.map { .string($0.text) }
        object["workspace"] = workspace.map { .string($0.text) }
        object["workspaceOverlay"] = workspaceOverlay.map { .string(TemporarySize.text($0)) }
        if !binds.isEmpty { object["binds"] = .array(binds.map(\.file)) }
        if !connectPorts.isEmpty { object["connect"] = ["ports": .array(connectPorts.map { .integer(Int64($0)) })] }
        if !udpPorts.isEmpty { object["udp"] = ["ports": .array(udpPorts.map { .integer(Int64($0)) })] }
        if loopbackProbe { object["loopbackProbe"] = true }
        object["limits"] = limits.file
        if !siblingPrograms.isEmpty {
            object["siblings"] = .object(
                JSONObject(siblingPrograms.map { JSONObject.Member(name: $0.kind, value: $0.file) }))
        }
        if !environment.isEmpty {
            object["environment"] = .object(
                JSONObject(environment.map { JSONObject.Member(name: $0.name, value: .string($0.value)) }))
        }
        return .object(object)
    }
}

extension BindMount {
    fileprivate init(_ object: inout StrictObject) throws(PolicyError) {
        source = try object.require(try object.path("source"), "source")
        destination = try object.path("destination") ?? source
        switch try object.string("access") ?? "read-only" {
        case "read-only": isWritable = false
        case "read-write": isWritable = true
        case let other: throw object.error("access", "expected \"read-only\" or \"read-write\", found \"\(other)\"")
        }
        sockets = try object.paths("sockets") ?? []
        try object.finish()
    }

    fileprivate var file: JSON {
        var object: JSONObject = [
            "source": .string(source.text), "destination": .string(destination.text),
            "access": .string(isWritable ? "read-write" : "read-only"),
        ]
        if !sockets.isEmpty { object["sockets"] = .array(sockets.map { .string($0.text) }) }
        return .object(object)
    }
}

extension SiblingPrograms {
    fileprivate init(kind: String, _ object: inout StrictObject) throws(PolicyError) {
        self.kind = kind
        executables = try object.require(try object.paths("executables"), "executables")
        try object.finish()
    }

    fileprivate var file: JSON { ["executables": .array(executables.map { .string($0.text) })] }
}
