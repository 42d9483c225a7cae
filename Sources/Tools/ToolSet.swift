/// The tools that somebody may call, by name.
public struct ToolSet: Sendable {
    /// All of them, in the order in which models are told of them.
    public let all: [any Tool]
    private let places: [String: Int]

    /// None at all.
    public static let none = ToolSet([])

    /// These tools, no two of which have one name.
    public init(_ tools: [any Tool]) {
        all = tools
        places = Dictionary(uniqueKeysWithValues: tools.enumerated().map { ($1.name, $0) })
    }

    /// The tool `name`; nil when there is none so called.
    public subscript(name: String) -> (any Tool)? { places[name].map { all[$0] } }
}
