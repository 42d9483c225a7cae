public import JSON

/// A profile or policy file that cannot be accepted: where, what, and what was expected.
public struct PolicyError: Error, Equatable, Sendable {
    /// The file's path, or the name that was looked for where there is no file.
    public var file: String
    /// The place in it, when it can be read that far.
    public var position: JSONPosition?
    /// One sentence without the place: what is wrong and what was expected.
    public var message: String

    /// A fault at a place in a file.
    public init(file: String, position: JSONPosition? = nil, message: String) {
        self.file = file
        self.position = position
        self.message = message
    }
}

extension PolicyError: CustomStringConvertible {
    /// `file:line:column: message`, as compilers print it.
    public var description: String {
        if let position { "\(file):\(position): \(message)" } else { "\(file): \(message)" }
    }
}
