public import JSON
public import Policy

/// One thing wrong with a configuration, and its place in a file.
public struct ConfigurationFault: Error, Equatable, Sendable {
    /// The file it stands in, which may be one that the configuration includes.
    public var file: AbsolutePath
    /// The place in it, when it can be told.
    public var position: JSONPosition?
    /// The path of the value, empty for the whole.
    public var path: String
    /// What is wrong, in the words clients of the protocol know.
    public var message: String
    /// What may have been meant, or what to do: a clause.
    public var advice: String?
    /// What kind of thing it is.
    public var kind: Kind

    /// The kinds of things that can be wrong.
    public enum Kind: Equatable, Sendable {
        /// The text cannot be read, or what it includes cannot.
        case unreadable
        /// A variable of the environment is missing. Another process may well have it.
        case variable
        /// A value is not what it must be, or a key is unknown.
        case value
        /// A number or a length of time is more than can be counted. It keeps no gateway from starting: something that can
        /// be counted takes its place until it is corrected.
        case excess
        /// A key of older versions, which stands elsewhere now.
        case moved
    }
}

extension ConfigurationFault: CustomStringConvertible {
    /// `file:line:column: path: message; advice`.
    public var description: String {
        let place = position.map { "\(file):\($0)" } ?? file.text
        return "\(place): \(path.isEmpty ? "" : "\(path): ")\(message)\(advice.map { "; \($0)" } ?? "")"
    }
}
