// What a file means. `explain` prints it, and compiled filters are held against it.

extension SeccompPolicy {
    /// What is done with a call: by another convention than x86-64's own the process is killed; else the
    /// rules for its name decide.
    ///
    /// `nameOf` gives the name of a number, nil for a number without one.
    public func action(for call: SeccompCall, nameOf: (UInt32) -> String?) -> SeccompAction {
        if call.isForeign { return .killProcess }
        guard let name = nameOf(call.number) else { return defaultAction }
        return action(forSystemCall: name, arguments: call.arguments)
    }

    /// What is done with the system call `name` with these six arguments.
    ///
    /// Among the rules that match, the one that settles the most bits of the arguments decides, so that a
    /// particular rule stands above a general one. Among equals the most severe action decides. Without a
    /// match it is the default action.
    public func action(forSystemCall name: String, arguments: [UInt64]) -> SeccompAction {
        guard let index = decidingEntry(forSystemCall: name, arguments: arguments) else { return defaultAction }
        return entries[index].action
    }

    /// The index of the entry that decides, or nil when it is the default action.
    public func decidingEntry(forSystemCall name: String, arguments: [UInt64]) -> Int? {
        var best: Int?
        for index in indices(ofEntriesFor: name) where entries[index].matches(arguments) {
            guard let current = best else {
                best = index
                continue
            }
            let (bits, bestBits) = (entries[index].settledBits, entries[current].settledBits)
            if bits > bestBits || bits == bestBits && entries[index].action.outranks(entries[current].action) {
                best = index
            }
        }
        return best
    }
}

extension SeccompPolicy.Entry {
    /// Whether every comparison holds.
    func matches(_ arguments: [UInt64]) -> Bool {
        comparisons.allSatisfy { $0.holds(for: arguments) }
    }

    /// How many bits of the arguments the comparisons settle together.
    var settledBits: Int {
        comparisons.reduce(0) { $0 + $1.settledBits }
    }
}
