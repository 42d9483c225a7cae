extension SeccompPolicy {
    /// The numbers that are looked at: all that Linux had when this was written, and some it may get.
    private static let numbers: Range<UInt32> = 0..<512
    /// uretprobe and uprobe: the kernel asks no filter about them, and kills a process that calls them by itself
    /// (kernel/seccomp.c, since 6.14).
    private static let unfiltered: ClosedRange<UInt32> = 335...336

    /// The calls that fail whatever their arguments are, by number. Those that end the process are left out.
    ///
    /// `nameOf` gives the name of a number, nil for a number without one.
    public func refusedCalls(nameOf: (UInt32) -> String?) -> [RefusedCall] {
        Self.numbers.compactMap { number in
            guard !Self.unfiltered.contains(number) else { return nil }
            let name = nameOf(number)
            let indices = name.map(indices(ofEntriesFor:)) ?? []
            let action: SeccompAction
            if let index = indices.first {
                // With conditions it is no longer for every argument.
                guard indices.count == 1, entries[index].comparisons.isEmpty else { return nil }
                action = entries[index].action
            } else {
                action = defaultAction
            }
            switch action {
            case .errno(let errno): return RefusedCall(name: name, number: number, errno: Int32(errno))
            case .notify where !Self.brokeredCalls.contains(name ?? ""):
                return RefusedCall(name: name, number: number, errno: 1)
            case .notify, .allow, .log, .trap, .killThread, .killProcess: return nil
            }
        }
    }
}
