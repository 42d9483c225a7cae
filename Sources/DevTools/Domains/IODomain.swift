package import JSON

/// Commands of the domain IO: streams that are read piece by piece.
package enum IODomain {
    /// The next piece of a stream.
    package struct Read: DevToolsCommand {
        package static let method = "IO.read"

        /// A piece of a stream.
        package struct Piece: Sendable, Equatable {
            /// What it holds.
            package var data: String
            /// Whether that is written in base 64.
            package var isBase64: Bool
            /// Whether nothing comes after it.
            package var isLast: Bool
        }

        /// Which.
        package var stream: String
        /// How much at most, in bytes.
        package var size: Int64

        /// The next piece of `stream`.
        package init(_ stream: String, size: Int64 = 1 << 20) { (self.stream, self.size) = (stream, size) }

        package var parameters: JSONObject { ["handle": .string(stream), "size": .integer(size)] }

        package static func answer(_ fields: Fields) throws(DevToolsError) -> Piece {
            Piece(
                data: try fields.string("data"), isBase64: fields.json["base64Encoded"]?.bool ?? false,
                isLast: try fields.bool("eof"))
        }
    }

    /// Lets go of a stream.
    package struct Close: DevToolsCommand {
        package static let method = "IO.close"
        /// Which.
        package var stream: String

        /// Lets go of `stream`.
        package init(_ stream: String) { self.stream = stream }

        package var parameters: JSONObject { ["handle": .string(stream)] }
    }
}
