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
        var ports: [UInt16: Landlock.PortAccess] = [:]
        for port in rules.bindPorts ?? [] { ports[port, default: []].insert(.bind) }
        for port in rules.connectPorts ?? [] { ports[port, default: []].insert(.connect) }
        for (port, access) in ports { try landlock.allow(access, port: port) }
        try landlock.restrictSelf()
    }
}

extension Landlock.FileAccess {
    fileprivate init(_ access: Set<LandlockRules.Access>, isDirectory: Bool) {
        self = access.reduce(into: []) { bits, access in
            switch access {
            case .list: if isDirectory { bits.insert(.readDirectory) }
            case .read: bits.insert(.readFile)
            case .execute: bits.insert(.execute)
            case .write: bits.formUnion(isDirectory ? .write : [.writeFile, .truncate])
            case .control: bits.insert(.deviceControl)
            }
        }
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
