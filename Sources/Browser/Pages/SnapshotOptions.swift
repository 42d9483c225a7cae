/// What a snapshot shows.
struct SnapshotOptions: Sendable {
    /// Only what can be acted on.
    var isInteractive = false
    /// Not what only groups other things.
    var isCompact = false
    /// How deep it goes at most; nil for all of it.
    var depth: Int?
    /// How long the text is at most, in characters; nil for no limit.
    var characters: Int?

    /// What is in a request, whose `mode` is `usual` when it says none. `efficient` sets what is not said otherwise.
    init(_ arguments: Arguments, usual: String?) throws(BrowserFault) {
        let mode = try arguments.text("mode") ?? usual
        guard mode == nil || mode == "efficient" else { throw BrowserFault(400, "mode can be efficient, or left out") }
        let isEfficient = mode == "efficient"
        isInteractive = try arguments.optionalFlag("interactive") ?? isEfficient
        isCompact = try arguments.optionalFlag("compact") ?? isEfficient
        depth = try arguments.number("depth", in: 0...1000) ?? (isEfficient ? 6 : nil)
        characters = try arguments.number("maxChars", in: 1...10_000_000) ?? (isEfficient ? 10_000 : 80_000)
    }
}
