import JSON

extension ToolPolicy {
    /// Reads a policy file. Throws `PolicyError` with the line for anything not understood.
    public init(file: String, text: [UInt8]) throws(PolicyError) {
        var object = try StrictDocument(file: file, text: text).object()
        _ = try object.string("comment")
        self.file = file
        var process = try object.require(try object.object("process"), "process")
        (limits, inheritedEnvironment, environment) = try SandboxPolicy.readProcess(&process)
        var files = try object.require(try object.object("files"), "files")
        executable = try files.paths("execute") ?? []
        readable = try files.paths("read") ?? []
        writable = try files.paths("write") ?? []
        try files.finish()
        var landlock = try object.require(try object.object("landlock"), "landlock")
        let scopes = try SandboxPolicy.readScopes(&landlock)
        for scope in LandlockScope.allCases where !scopes.contains(scope) {
            throw landlock.error("scoped", "\"\(scope.rawValue)\" is missing; no cage can do without it")
        }
        kinds = []
        var list = try object.require(try object.object("kinds"), "kinds")
        for name in list.names {
            guard var kind = try list.object(name) else { continue }
            kinds.append(try Kind(name: name, &kind))
        }
        try list.finish()
        try object.finish()
    }
}

extension ToolPolicy.Kind {
    fileprivate init(name: String, _ object: inout StrictObject) throws(PolicyError) {
        self.name = name
        seccomp = try object.require(try object.string("seccomp"), "seccomp")
        guard !seccomp.utf8.contains(UInt8(ascii: "/")) else {
            throw object.error("seccomp", "expected the name of a file beside this one, found \"\(seccomp)\"")
        }
        switch try object.require(try object.string("workspace"), "workspace") {
        case "read": writesWorkspace = false
        case "write": writesWorkspace = true
        case let other: throw object.error("workspace", "expected \"read\" or \"write\", found \"\(other)\"")
        }
        executes = try object.bool("executes") ?? false
        connectPorts = try object.integers("connect", in: 1...65535)?.map { UInt16($0) } ?? []
        try object.finish()
    }
}
