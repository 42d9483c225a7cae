/// What the kernel says of how a process is confined (proc_pid_status(5)).
public struct ProcessConfinement: Equatable, Sendable {
    /// Whether `execve` can give it no more rights than it has; nil when that cannot be read.
    public private(set) var hasNoNewPrivileges: Bool?
    /// Whether a seccomp filter looks at its system calls.
    public private(set) var isFiltered: Bool?
    /// Whether it has any capability.
    public private(set) var hasCapabilities: Bool?

    /// Reads the text of a `status` file. What does not stand in it is not known.
    public init(status text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == ":" || $0 == "\t" || $0 == " " }
            guard words.count == 2 else { continue }
            switch words[0] {
            case "NoNewPrivs": hasNoNewPrivileges = words[1] == "1"
            case "Seccomp": isFiltered = words[1] == "2"
            case "CapEff": hasCapabilities = words[1].contains { $0 != "0" }
            default: continue
            }
        }
    }

    /// Whether the kernel confirms everything a sandbox promises of a process; nil when that cannot be read.
    public var isConfined: Bool? {
        guard let hasNoNewPrivileges, let isFiltered, let hasCapabilities else { return nil }
        return hasNoNewPrivileges && isFiltered && !hasCapabilities
    }

    /// What it comes to, in one line. What is missing is written in capitals.
    public var summary: String {
        func word(_ fact: Bool?, _ yes: String, _ no: String) -> String { fact.map { $0 ? yes : no } ?? "(cannot see)" }
        let facts = [
            word(hasNoNewPrivileges, "no new privileges", "NEW PRIVILEGES POSSIBLE"),
            word(isFiltered, "system calls filtered", "NO SYSTEM CALL FILTER"),
            word(hasCapabilities, "CAPABILITIES", "no capabilities"),
        ]
        return facts.joined(separator: ", ")
    }
}
