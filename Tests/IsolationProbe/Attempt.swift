import Glibc

/// Something a payload may try.
struct Attempt {
    /// The group's letter and a number: `F02`.
    let id: String
    /// What is tried, in a few words; with the ID the key of the table of expected outcomes.
    let act: String
    /// Whether a process of its own must try it: it changes or ends the one that does.
    let isApart: Bool
    /// Tries it.
    let run: () -> Outcome
}

/// All attempts, group by group.
struct AttemptTable {
    private(set) var attempts: [Attempt] = []
    /// What the payload was told of its surroundings.
    let facts: Facts

    init(facts: Facts) {
        self.facts = facts
        addFiles()
        addDeviceAndProcFiles()
        addProcesses()
        addSystemCalls()
        addPrivileges()
        addSession()
        addPorts()
        addSockets()
        addNeighbour()
        addAccounting()
    }

    /// Those of a sibling, which is told where the payload's state is, and of its base port.
    init(siblingOf state: String, basePort: UInt16) {
        facts = Facts()
        addSibling(state: state, basePort: basePort)
    }

    mutating func add(_ id: String, _ act: String, apart: Bool = false, _ run: @escaping () -> Outcome) {
        attempts.append(Attempt(id: id, act: act, isApart: apart, run: run))
    }
}
