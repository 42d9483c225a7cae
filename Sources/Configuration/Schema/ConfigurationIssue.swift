public import JSON

/// One thing wrong with a configuration.
public struct ConfigurationIssue: Sendable, Equatable {
    /// Where: the value, or the name of a key that must not be there.
    public var path: [JSON.PathComponent]
    /// What, in the words clients of the protocol know.
    public var message: String
    /// What may have been meant, or what to do: a clause.
    public var advice: String?
    /// Whether it is a key of older versions, which stands elsewhere now.
    public var isLegacy = false
    /// Whether it is only more than can be counted: something that can counts until it is corrected.
    public var isExcess = false

    /// The path for people. For a key that must not be there it is the object it is in.
    public var pathText: String {
        if case .nameOf? = path.last { ConfigurationPath.text(path.dropLast()) } else { ConfigurationPath.text(path) }
    }
}

extension ConfigurationIssue: CustomStringConvertible {
    /// `path: message; advice`.
    public var description: String {
        let place = pathText.isEmpty ? "" : "\(pathText): "
        return "\(place)\(message)\(advice.map { "; \($0)" } ?? "")"
    }
}
