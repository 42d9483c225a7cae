/// What of an answer that grows was sent already. What was sent cannot be taken back.
struct SentText {
    private(set) var text = ""

    /// What `whole` adds to what was sent; nil when that is nothing, or `whole` is no continuation of it.
    mutating func addition(_ whole: String) -> String? {
        guard whole.utf8.count > text.utf8.count, whole.utf8.starts(with: text.utf8) else { return nil }
        defer { text = whole }
        return String(Substring(whole.utf8.dropFirst(text.utf8.count)))
    }

    /// What is missing at the end, when the answer is `whole`. One that is another than what was told on the way comes
    /// whole, behind an empty line.
    mutating func rest(_ whole: String) -> String? {
        guard !whole.utf8.elementsEqual(text.utf8) else { return nil }
        if let addition = addition(whole) { return addition }
        defer { text += "\n\n" + whole }
        return "\n\n" + whole
    }
}
