import JSON

extension JSON {
    /// The count at `path`; nil when there is none that can be believed.
    func count(_ path: String...) -> Int64? {
        var value: JSON? = self
        for name in path { value = value?[name] }
        guard let count = value?.integer, (0...ModelUsage.countLimit).contains(count) else { return nil }
        return count
    }

    /// The text named `name`, unless it is empty.
    func text(_ name: String) -> String? {
        guard let text = self[name]?.string, !text.isEmpty else { return nil }
        return text
    }
}
