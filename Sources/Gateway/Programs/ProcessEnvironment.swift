import Configuration
import Glibc

/// Variables that programs started by the gateway inherit.
enum ProcessEnvironment {
    /// This process's variables, without those that are its own affair.
    ///
    /// A program that inherited which profile this is could act on it while it means another one, so those variables
    /// go. Those that a launcher assigned stay: they are of this profile, and `mazelclaw` needs them where it sees no other.
    /// Secrets go in any case: the gateway's own, the variables that the configuration takes some from, and others that hold
    /// the same. A program that needs one is given it by name, in `env` of its backend.
    static func forPrograms(of configuration: GatewayConfiguration) -> [String: String] {
        forPrograms(current, isAssigned: configuration.instance.selection.isAssigned, hiding: configuration.secrets)
    }

    static func forPrograms(
        _ environment: [String: String], isAssigned: Bool, hiding secrets: KnownSecrets
    ) -> [String: String] {
        environment.filter { name, value in
            if KnownSecrets.isHarmless(name) { return isAssigned || !name.hasPrefix("MAZELCLAW_") }
            return !name.hasPrefix("MAZELCLAW_") && !secrets.variables.contains(name) && !secrets.isOne(value)
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

extension GatewayConfiguration {
    /// The variables that programs inherit which are started for it.
    package var programEnvironment: [String: String] { ProcessEnvironment.forPrograms(of: self) }

    /// What is shown to nobody, and inherited by no program.
    var secrets: KnownSecrets {
        let referred = referredVariables
        return KnownSecrets(file?.snapshot, and: [credentials.secret?.value].compactMap(\.self)).union(
            KnownSecrets(texts: Array(referred.values), variables: Set(referred.keys)))
    }
}
