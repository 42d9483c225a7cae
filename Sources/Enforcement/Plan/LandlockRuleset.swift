import Linux
import Policy
import SystemPackage

/// The Landlock rules of a plan as the kernel takes them.
struct LandlockRuleset {
    private let rules: LandlockRules

    init(_ rules: LandlockRules) {
        self.rules = rules
    }

    /// Builds the ruleset and puts this process under it.
    func apply() throws(Errno) {
        let handled = Landlock.FileAccess.handled(abi: rules.abi)
        let handlesPorts = rules.bindPorts != nil || rules.connectPorts != nil
        let landlock = try Landlock(
            files: handled, ports: handlesPorts ? [.bind, .connect] : [], scope: Landlock.Scope(rules.scopes))
        for rule in rules.files {
            let access = Landlock.FileAccess(rule.access, isDirectory: rule.isDirectory).intersection(handled)
            try landlock.allow(access, beneath: rule.path.text)
        }
        // Own ports are in both lists; one rule with both rights is one call less for each.
        let connectPorts = rules.connectPorts ?? []
        for port in rules.bindPorts ?? [] {
            try landlock.allow(connectPorts.contains(port) ? [.bind, .connect] : .bind, port: port)
        }
        for port in connectPorts where rules.bindPorts?.contains(port) != true {
            try landlock.allow(.connect, port: port)
        }
        try landlock.restrictSelf()
    }
}

extension Landlock.FileAccess {
    fileprivate init(_ access: LandlockRules.Access, isDirectory: Bool) {
        self = []
        if access.contains(.list), isDirectory { insert(.readDirectory) }
        if access.contains(.read) { insert(.readFile) }
        if access.contains(.execute) { insert(.execute) }
        if access.contains(.write) { formUnion(isDirectory ? .write : [.writeFile, .truncate]) }
        if access.contains(.control) { insert(.deviceControl) }
    }
}

extension Landlock.Scope {
    fileprivate init(_ scopes: [LandlockScope]) {
        self = scopes.reduce(into: []) { bits, scope in
            switch scope {
            case .abstractUnixSocket: bits.insert(.abstractUnixSocket)
            case .signal: bits.insert(.signal)
            }
        }
    }
}
