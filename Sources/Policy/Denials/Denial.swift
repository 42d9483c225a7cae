public import JSON

/// A refused act: who, what, which rule, and the edit that would allow it.
public struct Denial: Equatable, Sendable {
    /// When, in seconds since 1970.
    public var time: Int64
    /// The process, in the host's PID namespace.
    public var processID: Int32
    /// The process, in the sandbox's PID namespace.
    public var processIDInside: Int32
    /// The program's file as the sandbox names it, or the thread's name where that cannot be read; at most
    /// `programLimit` bytes of it.
    public let program: String
    /// What was tried: `bind 0.0.0.0:8080/tcp`.
    public var act: String
    /// The rule that refused it.
    public var rule: String
    /// The error the program got, by name.
    public var errno: String
    /// What would allow it.
    public var remedy: String
    /// How many acts like this one the record stands for; those before it were not reported one by one.
    public var count: Int
    /// The kind of sibling in whose sandbox it was; nil for the payload's own.
    public var sibling: String?

    /// A denial. Of `program` at most `programLimit` bytes are kept.
    public init(
        time: Int64, processID: Int32, processIDInside: Int32, program: String, act: String, rule: String,
        errno: String, remedy: String, count: Int = 1
    ) {
        self.time = time
        self.processID = processID
        self.processIDInside = processIDInside
        self.program = Self.shortened(program)
        self.act = act
        self.rule = rule
        self.errno = errno
        self.remedy = remedy
        self.count = count
    }

    /// How much of a program's name a record keeps, in bytes of UTF-8. The payload chooses it, of up to 4096 bytes.
    public static let programLimit = 255

    /// As much of `program` as a record keeps.
    static func shortened(_ program: String) -> String {
        guard program.utf8.count > programLimit else { return program }
        let mark = "..."
        var result = String.UnicodeScalarView()
        var count = mark.utf8.count
        for scalar in program.unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= programLimit else { break }
            result.append(scalar)
        }
        return String(result) + mark
    }

    /// The denial that `json` records; what is missing there is empty.
    public init(json: JSON) {
        self.init(
            time: 0, processID: json["pid"]?.integer.flatMap(Int32.init(exactly:)) ?? 0,
            processIDInside: json["pidInside"]?.integer.flatMap(Int32.init(exactly:)) ?? 0,
            program: json["program"]?.string ?? "", act: json["act"]?.string ?? "", rule: json["rule"]?.string ?? "",
            errno: json["errno"]?.string ?? "", remedy: json["remedy"]?.string ?? "",
            count: json["count"]?.integer.flatMap(Int.init(exactly:)) ?? 1)
        sibling = json["sibling"]?.string
    }

    /// The event as it stands in the audit log. The writer escapes control characters.
    public var json: JSON {
        var object: JSONObject = [
            "event": "denied", "pid": .integer(Int64(processID)), "pidInside": .integer(Int64(processIDInside)),
            "program": .string(program), "act": .string(act), "rule": .string(rule), "errno": .string(errno),
            "remedy": .string(remedy), "count": .integer(Int64(count)),
        ]
        object["sibling"] = sibling.map(JSON.string)
        return .object(object)
    }
}

extension Denial: CustomStringConvertible {
    /// One sentence for people: what was refused to whom, the error it got, the rule, and what would allow it.
    public var description: String {
        "refused \(act) to \(program)"
            // The proxy sees connections, not whose they are.
            + (processID == 0 ? "" : " (PID \(processIDInside) inside, \(processID) outside)")
            + (sibling.map { " in the sibling \"\($0)\"" } ?? "")
            + ", \(errno), rule \(rule)"
            + (count > 1 ? ", \(count) times" : "") + ": \(remedy)"
    }
}
