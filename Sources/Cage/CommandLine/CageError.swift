public import Policy

/// Why there was no cage, and nothing was done.
public struct CageError: Error, Equatable, Sendable {
    /// What the helper exits with.
    public var code: ExitCode
    /// One sentence: what, where, what next.
    public var message: String

    /// An error.
    public init(_ code: ExitCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension CageError: CustomStringConvertible {
    /// The sentence.
    public var description: String { message }
}
