import GatewayProtocol
import JSON
import Policy

/// The method that reads the gateway's log.
struct LogMethods: Sendable {
    let file: LogFile

    var group: MethodGroup {
        MethodGroup(
            "Logs",
            "The gateway's own log: `logs/gateway.log` in the state directory, one JSON object a line, without secrets.",
            [tail])
    }

    private struct TailParameters {
        var cursor: Int64?
        var limit: Int64
        var maxBytes: Int64

        static let schema = Schema(
            Field(
                "cursor", .integer(0...), "Where the last answer ended, in bytes. Left out, the log's end is answered."),
            Field("limit", .integer(1...5000), default: 500, "The most lines."),
            Field("maxBytes", .integer(1...1_000_000), default: 250_000, "The most bytes."), as: TailParameters.init)
    }

    private var tail: Method {
        Method.awaiting(
            "logs.tail", .scope(.read), "The end of the log, or what was added since.", TailParameters.schema,
            answer: .object(
                Field(required: "file", .string, "Where it stands."),
                Field(required: "cursor", .integer(0...), "Where this answer ends, in bytes."),
                Field(required: "size", .integer(0...), "The file's size, in bytes."),
                Field(required: "lines", .array(of: .string), "The lines, oldest first."),
                Field(required: "truncated", .boolean, "Whether earlier lines were left out."),
                Field(
                    required: "reset", .boolean,
                    "Whether this does not go on at the cursor: the file was begun anew, or there was too much."))
        ) { _, parameters in
            let slice = try file.tail(
                after: parameters.cursor.map(Int.init), limit: Int(parameters.limit), bytes: Int(parameters.maxBytes))
            return [
                "file": .string(file.path.text), "cursor": .integer(Int64(slice.cursor)),
                "size": .integer(Int64(slice.size)),
                "lines": .strings(slice.lines), "truncated": .bool(slice.isTruncated), "reset": .bool(slice.isReset),
            ]
        }
    }
}
