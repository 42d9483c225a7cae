import JSON

extension JSON {
    /// This value after `patch` (RFC 7396): null takes a member away, objects are gone into, anything else replaces.
    func mergePatched(by patch: JSON) -> JSON {
        guard let changes = patch.object else { return patch }
        var merged = object ?? JSONObject()
        for member in changes.members {
            merged[member.name] =
                member.value == .null ? nil : (merged[member.name] ?? [:]).mergePatched(by: member.value)
        }
        return .object(merged)
    }
}
