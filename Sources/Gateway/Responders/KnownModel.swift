import Configuration

/// A model that can be asked.
struct KnownModel: Sendable {
    var name: ModelName
    /// A name for people; nil for a program's.
    var title: String?
    /// How much it can take in, in tokens; nil when nobody says.
    var contextWindow: Int64?
    /// Whether it can be told how much to think; nil when nobody says.
    var isReasoning: Bool?
}
