package import JSON

extension JSON {
    /// This value after `patch` (RFC 7396): null takes a member away, objects are gone into, anything else replaces.
    package func mergePatched(by patch: JSON) -> JSON {
        guard let changes = patch.object else { return patch }
        // What goes, goes at once: taking member by member out of a large object is slow.
        var merged = JSONObject((object?.members ?? []).filter { changes[$0.name] != .null })
        for member in changes.members where member.value != .null {
            merged[member.name] = (merged[member.name] ?? [:]).mergePatched(by: member.value)
        }
        return .object(merged)
    }
}
