extension SeccompPolicy {
    /// The calls whose permission depends on what a filter cannot see, an address in memory: the broker decides.
    static let brokeredCalls = ["bind", "listen"]
    /// The calls that the broker answers otherwise than by a refusal, where they ask for what it knows: a limit on core
    /// dumps, and a netlink socket.
    static let answeredCalls = ["prlimit64", "setrlimit", "socket"]

    /// The policy for a start without a broker: `bind` and `listen` are left to Landlock, and what would only have been
    /// recorded is refused with EPERM.
    public var withoutSupervisor: SeccompPolicy {
        var entries = entries
        for index in entries.indices where entries[index].action == .notify {
            let isBrokered = entries[index].names.allSatisfy(Self.brokeredCalls.contains)
            entries[index].action = isBrokered ? .allow : .errno(1)
        }
        return replacing(entries)
    }

    /// An error for the first entry that permits a brokered call itself, or mixes one with others; nil when none does.
    var supervisionError: PolicyError? {
        for (index, entry) in entries.enumerated() {
            guard let nameIndex = entry.names.firstIndex(where: Self.brokeredCalls.contains) else { continue }
            if entry.action.permits {
                return error(
                    entry: index, nameIndex: nameIndex,
                    "\(entry.names[nameIndex]) must not be permitted here, where addresses cannot be seen; write "
                        + "SCMP_ACT_NOTIFY, and the ports in \"ports\" decide")
            }
            if entry.action == .notify, !entry.names.allSatisfy(Self.brokeredCalls.contains) {
                return error(
                    entry: index, nameIndex: nameIndex,
                    "\(entry.names[nameIndex]) is decided by the ports, the other calls here are refused and recorded; "
                        + "write two entries")
            }
        }
        return nil
    }
}
