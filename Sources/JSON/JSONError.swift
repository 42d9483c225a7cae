/// Why a text is not the JSON we accept, and where.
public struct JSONError: Error, Equatable, Sendable {
    /// What was wrong.
    public enum Reason: Equatable, Sendable {
        case unexpectedEnd
        case unexpectedCharacter(expected: String)
        case trailingCharacters
        case invalidNumber
        case invalidEscape
        case controlCharacterInString
        case invalidUTF8
        case repeatedName(String)
        case tooDeep(limit: Int)
        case tooLong(limit: Int)
        /// More members and elements than may be.
        case tooManyValues(limit: Int)
        /// JSON5 only: the comment that begins here has no end.
        case unclosedComment
        /// JSON5 only: a string goes over a line end without a backslash.
        case lineEndInString
        /// JSON5 only: Infinity, NaN or a number too large, none of which JSON can say.
        case notFinite
    }

    /// What was wrong.
    public var reason: Reason
    /// Bytes before the fault.
    public var offset: Int

    /// A reason at a byte offset.
    public init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// One clause that says what was wrong, without the place.
    public var description: String {
        switch reason {
        case .unexpectedEnd: "the text ends too early"
        case .unexpectedCharacter(let expected): "expected \(expected)"
        case .trailingCharacters: "more text after the value"
        case .invalidNumber: "not a number in the form this format has for it"
        case .invalidEscape: "not an escape sequence of this format"
        case .controlCharacterInString: "a control character in a string must be escaped"
        case .invalidUTF8: "not valid UTF-8"
        case .repeatedName(let name): "the name \"\(name)\" stands twice in one object"
        case .tooDeep(let limit): "nested deeper than \(limit) levels"
        case .tooLong(let limit): "longer than \(limit) bytes"
        case .tooManyValues(let limit): "more than \(limit) values"
        case .unclosedComment: "the comment that begins here is not closed"
        case .lineEndInString: "a string ends on the line where it begins, unless a backslash ends the line"
        case .notFinite: "a number must be finite"
        }
    }
}
