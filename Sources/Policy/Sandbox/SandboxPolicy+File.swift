import JSON

extension SandboxPolicy {
    /// Reads a policy file. Throws `PolicyError` with the line for anything not understood.
    public init(file: String, text: [UInt8]) throws(PolicyError) {
        var object = try StrictDocument(file: file, text: text).object()
        _ = try object.string("comment")
        self.file = file
        hostname = try object.require(try object.string("hostname"), "hostname")
        seccomp = try object.require(try object.string("seccomp"), "seccomp")
        guard hostname.utf8.count <= 40, ProfileName(hostname) != nil else {
            throw object.error("hostname", "expected at most 40 letters, digits and \"-\"")
        }
        guard !seccomp.utf8.contains(UInt8(ascii: "/")) else {
            throw object.error("seccomp", "expected the name of a file beside this one, found \"\(seccomp)\"")
        }
        mounts = []
        for var mount in try object.require(try object.objects("mounts"), "mounts") {
            mounts.append(try PolicyMount(&mount))
        }

        var process = try object.require(try object.object("process"), "process")
        (limits, inheritedEnvironment, environment) = try Self.readProcess(&process)
        var linux = try object.require(try object.object("linux"), "linux")
        namespaceLimits = try Self.readNamespaceLimits(&linux)
        (maskedPaths, readonlyPaths) = try Self.readLinux(&linux)
        nestedUserNamespaces = Int(try object.integer("nestedUserNamespaces", in: 0...64) ?? 0)

        var landlock = try object.require(try object.object("landlock"), "landlock")
        scopes = try Self.readScopes(&landlock)
        var ports = try object.require(try object.object("ports"), "ports")
        bindPorts = try Self.readPorts(&ports, "bind")
        connectPorts = try Self.readPorts(&ports, "connect")
        let usual = PortCeilings.usual
        portCeilings = PortCeilings(
            udpPorts: try ports.integer("udpPorts", in: PortCeilings.valid).map { Int($0) } ?? usual.udpPorts,
            listeners: try ports.integer("listeners", in: PortCeilings.valid).map { Int($0) } ?? usual.listeners)
        try ports.finish()
        siblings = try SiblingKind.kinds(of: &object)
        try object.finish()
    }

    static func readProcess(
        _ process: inout StrictObject
    ) throws(PolicyError) -> ([ResourceLimit], [String], [EnvironmentVariable]) {
        guard try process.bool("noNewPrivileges") == true else {
            throw process.error("noNewPrivileges", "expected true; no policy can do without it")
        }
        var limits: [ResourceLimit] = []
        for var limit in try process.objects("rlimits") ?? [] {
            limits.append(try ResourceLimit(&limit))
        }
        var inherited: [String] = []
        var environment: [EnvironmentVariable] = []
        for item in try process.strings("env") ?? [] {
            if let variable = EnvironmentVariable(assignment: item) {
                environment.append(variable)
            } else if !item.utf8.contains(UInt8(ascii: "=")) {
                inherited.append(item)
            } else {
                throw process.error("env", "expected NAME to inherit or NAME=VALUE to set, found \"\(item)\"")
            }
        }
        try process.finish()
        return (limits, inherited, environment)
    }

    private static func readLinux(
        _ linux: inout StrictObject
    ) throws(PolicyError) -> (masked: [AbsolutePath], readonly: [AbsolutePath]) {
        var listed: [String] = []
        for var namespace in try linux.require(try linux.objects("namespaces"), "namespaces") {
            let type = try namespace.require(try namespace.string("type"), "type")
            guard Namespace.always.contains(where: { $0.rawValue == type }) else {
                throw namespace.error(
                    "type",
                    "expected one of \(Namespace.always.map(\.rawValue).joined(separator: ", ")), found \"\(type)\"")
            }
            listed.append(type)
            try namespace.finish()
        }
        for namespace in Namespace.always where !listed.contains(namespace.rawValue) {
            throw linux.error("namespaces", "\"\(namespace.rawValue)\" is missing; no policy can do without it")
        }
        let masked = try linux.paths("maskedPaths") ?? []
        let readonly = try linux.paths("readonlyPaths") ?? []
        try linux.finish()
        return (masked, readonly)
    }

    /// The runtime specification's `sysctl`, of which a sandbox without a network of its own has these alone.
    private static func readNamespaceLimits(_ linux: inout StrictObject) throws(PolicyError) -> [NamespaceLimit] {
        var limits: [NamespaceLimit] = []
        for (name, value) in try linux.dictionary("sysctl") ?? [] {
            guard let resource = NamespaceLimit.Resource.allCases.first(where: { $0.sysctl == name }) else {
                let known = NamespaceLimit.Resource.allCases.map(\.sysctl)
                throw linux.error("sysctl", "expected one of \(known.joined(separator: ", ")), found \"\(name)\"")
            }
            guard let maximum = Int64(value), (1...Int64(Int32.max)).contains(maximum) else {
                throw linux.error("sysctl", "\(name): expected a number from 1 on in quotes, found \"\(value)\"")
            }
            limits.append(NamespaceLimit(resource: resource, maximum: maximum))
        }
        return limits
    }

    static func readScopes(_ landlock: inout StrictObject) throws(PolicyError) -> [LandlockScope] {
        var scopes: [LandlockScope] = []
        for text in try landlock.require(try landlock.strings("scoped"), "scoped") {
            guard let scope = LandlockScope(rawValue: text) else {
                throw landlock.error("scoped", "expected \"abstract-unix-socket\" or \"signal\", found \"\(text)\"")
            }
            scopes.append(scope)
        }
        try landlock.finish()
        return scopes
    }

    private static func readPorts(_ object: inout StrictObject, _ name: String) throws(PolicyError) -> [PortSelector] {
        guard let array = object.take(name)?.array else {
            throw object.error(name, "expected an array of \"gateway\", \"control\", \"cdp\" and port numbers")
        }
        var selectors: [PortSelector] = []
        for item in array {
            switch item {
            case .string("gateway"): selectors.append(.gateway)
            case .string("control"): selectors.append(.control)
            case .string("cdp"): selectors.append(.cdp)
            case .integer(1...65535): selectors.append(.number(UInt16(item.integer ?? 0)))
            default:
                throw object.error(
                    name, "expected \"gateway\", \"control\", \"cdp\" or a port from 1 to 65535, found \(item.text())")
            }
        }
        return selectors
    }
}

extension ResourceLimit {
    fileprivate init(_ object: inout StrictObject) throws(PolicyError) {
        let type = try object.require(try object.string("type"), "type")
        guard let resource = Resource(rawValue: type) else {
            let known = Resource.allCases.map(\.rawValue)
            throw object.error("type", "expected one of \(known.joined(separator: ", ")), found \"\(type)\"")
        }
        self.resource = resource
        hard = UInt64(try object.require(try object.integer("hard", in: 0...Int64.max), "hard"))
        soft = UInt64(try object.integer("soft", in: 0...Int64(hard)) ?? Int64(hard))
        try object.finish()
    }
}
