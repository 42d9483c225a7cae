import CProbe
import Glibc

/// What became of an attempt.
enum Outcome {
    /// It was permitted; the value says what was seen, where that matters.
    case permitted(value: String? = nil)
    /// The kernel answered with an error number.
    case refused(Int32)
    /// The signal that ended the process that tried.
    case killed(signal: Int32)

    /// The outcome of the call that has just returned `result`.
    init(of result: Int) {
        self = result == -1 ? .refused(errno) : .permitted()
    }

    /// This outcome, or what `next` makes of it when it was permitted.
    func then(_ next: () -> Outcome) -> Outcome {
        if case .permitted = self { next() } else { self }
    }

    /// One JSON object (RFC 8259) for standard output.
    func json(id: String, act: String) -> String {
        let (error, value): (String?, String?) =
            switch self {
            case .permitted(let value): (nil, value)
            case .refused(let number): (probe_errno_name(number).map { String(cString: $0) } ?? "errno \(number)", nil)
            case .killed(let signal): (signal == SIGSYS ? "SIGSYS" : "signal \(signal)", nil)
            }
        let members = [("id", id), ("act", act), ("errno", error), ("value", value)] as [(String, String?)]
        return "{" + members.map { "\"\($0.0)\":" + ($0.1.map(Self.quoted) ?? "null") }.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
