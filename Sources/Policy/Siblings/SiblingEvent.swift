import JSON

/// What becomes of a sibling, as the one who asked for it is told.
public enum SiblingEvent: Equatable, Sendable {
    /// Its program runs: its sandbox was built and has proved itself.
    case started
    /// It was refused, or could not be started; nothing of it is left. Why, in one sentence.
    case failed(String)
    /// It has ended, and nothing of it is left: its exit code, or 128 and the signal that killed it.
    case ended(code: Int32)
    /// What an order to look at its processes found.
    case inspected(ProcessInspection)

    /// The most bytes an event has.
    public static let byteLimit = 8 << 10

    /// Reads an event. Throws `PolicyError` for anything that is none.
    public init(bytes: [UInt8]) throws(PolicyError) {
        let source = "the sibling's event"
        var object = try StrictDocument(file: source, text: bytes).object()
        let range = 0...Int64(Int32.max)
        switch try object.string("event") {
        case "started": self = .started
        case "failed": self = .failed(try object.require(try object.string("reason"), "reason"))
        case "ended": self = .ended(code: Int32(try object.require(try object.integer("code", in: range), "code")))
        case "inspected":
            self = .inspected(
                ProcessInspection(
                    found: Int(try object.require(try object.integer("found", in: range), "found")),
                    inNestedNamespace: Int(try object.require(try object.integer("nested", in: range), "nested")),
                    underFurtherFilter: Int(try object.require(try object.integer("filtered", in: range), "filtered")),
                    memory: try object.require(try object.integer("memory", in: 0...Int64.max), "memory")))
        case let other: throw object.error("event", "expected one of four, found \(other ?? "nothing")")
        }
        try object.finish()
    }

    /// The event as it is sent.
    public var bytes: [UInt8] {
        let json: JSON
        switch self {
        case .started: json = ["event": "started"]
        case .failed(let reason):
            // Sentences are short; what a payload chose of one may not be.
            json = ["event": "failed", "reason": .string(String(reason.prefix(1024)))]
        case .ended(let code): json = ["event": "ended", "code": .integer(Int64(code))]
        case .inspected(let inspection):
            json = [
                "event": "inspected", "found": .integer(Int64(inspection.found)),
                "nested": .integer(Int64(inspection.inNestedNamespace)),
                "filtered": .integer(Int64(inspection.underFurtherFilter)), "memory": .integer(inspection.memory),
            ]
        }
        return json.serialized()
    }
}

/// How the kernel holds some of a sandbox's processes, as it is seen from outside (proc(5)).
public struct ProcessInspection: Equatable, Sendable {
    /// How many processes were looked at.
    public var found = 0
    /// How many of them are in a PID namespace below the one of the sandbox's program.
    public var inNestedNamespace = 0
    /// How many of them are under more filters of system calls than the sandbox's program.
    public var underFurtherFilter = 0
    /// How much memory all processes of the sandbox take, looked at or not, in bytes: what each has for itself, and its part of
    /// what several share.
    public var memory: Int64 = 0

    /// What was found.
    public init(found: Int = 0, inNestedNamespace: Int = 0, underFurtherFilter: Int = 0, memory: Int64 = 0) {
        self.found = found
        self.inNestedNamespace = inNestedNamespace
        self.underFurtherFilter = underFurtherFilter
        self.memory = memory
    }
}
