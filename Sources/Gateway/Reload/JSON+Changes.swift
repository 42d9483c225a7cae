import JSON

extension JSON {
    /// Where `other` says something else: the outermost places that both do not hold as objects.
    func changes(to other: JSON) -> [[PathComponent]] {
        guard let before = object, let after = other.object else { return isSame(as: other) ? [] : [[]] }
        var changes: [[PathComponent]] = []
        for member in before.members {
            let inner = after[member.name].map(member.value.changes) ?? [[]]
            changes += inner.map { [.name(member.name)] + $0 }
        }
        for member in after.members where before[member.name] == nil { changes.append([.name(member.name)]) }
        return changes
    }

    /// This value with what `other` has at `path`, which leads through objects.
    func taking(_ path: some Collection<PathComponent>, from other: JSON) -> JSON {
        guard case .name(let name)? = path.first else { return other }
        var object = object ?? JSONObject()
        let rest = Array(path.dropFirst())
        if let value = other[name] {
            object[name] = rest.isEmpty ? value : (object[name] ?? [:]).taking(rest, from: value)
        } else {
            object[name] = nil
        }
        return .object(object)
    }
}
