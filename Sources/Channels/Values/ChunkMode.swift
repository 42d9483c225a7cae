/// Where the pieces of an answer end.
package enum ChunkMode: String, Sendable, CaseIterable {
    /// Where the limit is reached.
    case length
    /// At every line's end that is not within a fenced block, also before the limit is reached.
    case newline
}
