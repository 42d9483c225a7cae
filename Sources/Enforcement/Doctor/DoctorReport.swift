public import JSON

/// What the doctor found.
public struct DoctorReport: Sendable {
    /// One thing tried.
    public struct Check: Sendable {
        /// What was tried.
        public var name: String
        /// Whether the host holds it.
        public var isHeld: Bool
        /// Whether a start needs it today; the rest is for what may come.
        public var isRequired: Bool
        /// What was found.
        public var finding: String
        /// What to do about it; empty when nothing needs to be done.
        public var remedy: String

        /// One line for people.
        public var line: String {
            let mark = isHeld ? "ok  " : isRequired ? "FAIL" : "note"
            return "\(mark) \(name): \(finding)" + (remedy.isEmpty ? "" : "; \(remedy)")
        }
    }

    /// The checks, in the order a start needs them.
    public var checks: [Check]
    /// The verdict: what a start does on this host, in one line.
    public var verdict: String
    /// What a start would exit with before any payload, 0 when it would run one.
    public var exitCode: Int32

    /// The report as data.
    public var json: JSON {
        [
            "checks": .array(
                checks.map { check in
                    [
                        "name": .string(check.name), "held": .bool(check.isHeld), "required": .bool(check.isRequired),
                        "finding": .string(check.finding), "remedy": .string(check.remedy),
                    ]
                }),
            "verdict": .string(verdict), "code": .integer(Int64(exitCode)),
        ]
    }
}
