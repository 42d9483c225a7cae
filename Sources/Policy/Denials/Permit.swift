public import JSON

/// An act that only a softening of the profile's permits: who, what, which rule.
public struct Permit: Equatable, Sendable {
    /// When, in seconds since 1970.
    public var time: Int64
    /// The process, in the host's PID namespace.
    public var processID: Int32
    /// The process, in the sandbox's PID namespace.
    public var processIDInside: Int32
    /// The program's file as the sandbox names it, or the thread's name where that cannot be read; at most
    /// `Denial.programLimit` bytes of it.
    public let program: String
    /// What was done: `bind 127.0.0.1:40123/tcp`.
    public var act: String
    /// What permits it, by the name that `why` and the policy give it.
    public var rule: String
    /// How many acts like this one the record stands for; those before it were not reported one by one.
    public var count = 1

    /// A permit for one act.
    public init(
        time: Int64, processID: Int32, processIDInside: Int32, program: String, act: String, rule: String
    ) {
        self.time = time
        self.processID = processID
        self.processIDInside = processIDInside
        self.program = Denial.shortened(program)
        self.act = act
        self.rule = rule
    }

    /// The event as it stands in the audit log. The writer escapes control characters.
    public var json: JSON {
        [
            "event": "permitted", "pid": .integer(Int64(processID)), "pidInside": .integer(Int64(processIDInside)),
            "program": .string(program), "act": .string(act), "rule": .string(rule), "count": .integer(Int64(count)),
        ]
    }
}
