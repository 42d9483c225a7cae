/// One thing that was looked at, and what was found.
public struct Check: Equatable, Sendable {
    /// What was found, as it stands before the text.
    public enum Finding: String, Sendable {
        /// It is as it should be.
        case fine = "ok  "
        /// It has to be mended.
        case fault = "BAD "
        /// It is worth knowing.
        case note
        /// It cannot be seen from here.
        case unseen = "?   "
    }

    /// What was found.
    public let finding: Finding
    /// One sentence for a person.
    public let text: String

    /// - Parameters:
    ///   - finding: what was found.
    ///   - text: one sentence for a person.
    public init(_ finding: Finding, _ text: String) {
        self.finding = finding
        self.text = text
    }
}
