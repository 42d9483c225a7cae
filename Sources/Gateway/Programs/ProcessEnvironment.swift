import Glibc

/// Variables that programs started by the gateway inherit.
enum ProcessEnvironment {
    /// This process's variables, without those that are its own affair.
    ///
    /// A program that inherited which profile this is could act on it while it means another one, so those variables
    /// go. In the sandbox they stay: there is no other profile in there, and `mazelclaw` inside needs them. Secrets
    /// go in any case.
    static func forPrograms(of instance: Instance) -> [String: String] {
        current.filter { name, _ in
            guard name.hasPrefix("MAZELCLAW_") else { return true }
            let isSecret = name.hasSuffix("_TOKEN") || name.hasSuffix("_PASSWORD")
            return instance.isSandboxed && !isSecret
        }
    }

    private static var current: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let pair = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            next += 1
        }
        return variables
    }
}
