import Files
import Policy
import Text

/// What the kernel says of this process's own confinement (proc_pid_status(5)).
struct SandboxFacts: Sendable, Equatable {
    /// nil when it cannot be read.
    var hasNoNewPrivileges: Bool?
    /// Whether a seccomp filter is on.
    var isFiltered: Bool?
    /// Whether it has any capability.
    var hasCapabilities: Bool?

    /// This process's.
    static var current: SandboxFacts {
        guard let path = AbsolutePath("/proc/self/status"), case .some(.some(let text)) = try? DurableFile.read(path)
        else {
            return SandboxFacts()
        }
        return SandboxFacts(status: String(decoding: text, as: UTF8.self))
    }

    init() {}

    /// Reads the text of a `status` file.
    init(status text: String) {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = String(parts[1]).trimmed
            switch parts[0] {
            case "NoNewPrivs": hasNoNewPrivileges = value == "1"
            case "Seccomp": isFiltered = value == "2"
            case "CapEff": hasCapabilities = value.contains { $0 != "0" }
            default: continue
            }
        }
    }

    /// One line.
    func summary(isSandboxed: Bool) -> String {
        guard isSandboxed else { return "none: this gateway was not started by mazelclaw-run" }
        func word(_ fact: Bool?, _ yes: String, _ no: String) -> String { fact.map { $0 ? yes : no } ?? "(cannot see)" }
        let facts = [
            word(hasNoNewPrivileges, "no new privileges", "NEW PRIVILEGES POSSIBLE"),
            word(isFiltered, "system calls filtered", "NO SYSTEM CALL FILTER"),
            word(hasCapabilities, "CAPABILITIES", "no capabilities"),
        ]
        return "started by mazelclaw-run; the kernel says: \(facts.joined(separator: ", "))"
    }

    /// Whether the kernel confirms everything a sandbox promises of a process.
    var isConfined: Bool? {
        guard let hasNoNewPrivileges, let isFiltered, let hasCapabilities else { return nil }
        return hasNoNewPrivileges && isFiltered && !hasCapabilities
    }
}
