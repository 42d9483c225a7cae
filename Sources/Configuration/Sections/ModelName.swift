import Text

/// A model, and who provides it: `provider/model`, or a provider alone.
package struct ModelName: Sendable, Equatable, CustomStringConvertible {
    /// The provider that is the gateway's operator, a fixed program, and no model.
    package static let operatorProvider = "operator"

    /// A CLI backend's id, or `operator`.
    package var provider: String
    /// What the provider calls it; nil leaves the choice to it.
    package var model: String?

    package init(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        provider = parts.first.map { String($0).trimmed } ?? ""
        model = parts.count > 1 ? String(parts[1]).trimmed : nil
    }

    /// Whether the operator is meant.
    package var isOperator: Bool { provider == Self.operatorProvider }

    /// `provider/model`, or the provider alone where no model is named.
    package var description: String { [provider, model].compactMap(\.self).joined(separator: "/") }
}
