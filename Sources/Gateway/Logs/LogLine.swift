import JSON

/// A line of a gateway's log, for a person.
public struct LogLine: Sendable {
    private let line: JSONObject

    /// Nil for a line that the gateway did not write, or whose end is missing.
    public init?(_ text: String) {
        guard let object = (try? JSON(parsing: Array(text.utf8)))?.object, object["message"]?.string != nil else {
            return nil
        }
        line = object
    }

    /// `TIME LEVEL LABEL: MESSAGE NAME=VALUE…`
    public var text: String {
        let level = line["_meta"]?["logLevelName"]?.string ?? ""
        let label = line["_meta"]?["name"]?.string.map { "\($0): " } ?? ""
        let width = 5
        let padding = String(repeating: " ", count: max(0, width - level.count))
        let details = line.members.filter { !Self.known.contains($0.name) }.map { member in
            " \(member.name)=\(member.value.string ?? member.value.text())"
        }
        return "\(line["time"]?.string ?? "") \(level)\(padding) \(label)\(line["message"]?.string ?? "")"
            + details.joined()
    }

    private static let known: Set = ["0", "1", "time", "_meta", "message"]
}
