extension SeccompPolicy {
    /// What is done with the system call `name`: one answer for each rule, or the default where there is none.
    public func answers(aboutSystemCall name: String) -> [Answer] {
        let indices = indices(ofEntriesFor: name)
        guard !indices.isEmpty else {
            return [
                Answer(
                    act: name, isAllowed: false, rule: "default of \(file), \(defaultAction)",
                    remedy: "add a rule for it to a policy of your own")
            ]
        }
        return indices.map { index in
            let entry = entries[index]
            let condition = entry.comparisons.map(\.description).joined(separator: " and ")
            let place = error(entry: index, nameIndex: entry.names.firstIndex(of: name), "").position
            let position = place.map { ":\($0)" } ?? ""
            let isBrokered = entry.action == .notify && Self.brokeredCalls.contains(name)
            return Answer(
                act: condition.isEmpty ? name : "\(name) if \(condition)",
                isAllowed: entry.action.permits || isBrokered, rule: "\(file)\(position), \(entry.action)",
                remedy: isBrokered
                    ? "which ports, why port N tells"
                    : entry.action.permits ? "" : "change that entry in a policy of your own")
        }
    }
}
