extension SeccompPolicy {
    /// What is done with the system call `name`: one answer for each rule, or the default where there is none.
    public func answers(aboutSystemCall name: String) -> [Answer] {
        let indices = indices(ofEntriesFor: name)
        guard !indices.isEmpty else {
            return [
                Answer(
                    act: name, isAllowed: false, rule: "default of \(file), \(defaultAction)",
                    remedy: Self.wayAround.contains(name) ? Self.warning : "add a rule for it to a policy of your own")
            ]
        }
        return indices.map { index in
            let entry = entries[index]
            let condition = entry.comparisons.map(\.description).joined(separator: " and ")
            let place = error(entry: index, nameIndex: entry.names.firstIndex(of: name), "").position
            let position = place.map { ":\($0)" } ?? ""
            let isBrokered = entry.action == .notify && Self.brokeredCalls.contains(name)
            let isAnswered = entry.action == .notify && Self.answeredCalls.contains(name)
            return Answer(
                act: condition.isEmpty ? name : "\(name) if \(condition)",
                isAllowed: entry.action.permits || isBrokered || isAnswered,
                rule: "\(file)\(position), \(entry.action)",
                remedy: isBrokered
                    ? "which ports, why port N tells"
                    : isAnswered
                        ? "within what the policy's comment on it says"
                        : entry.action.permits
                            ? ""
                            : Self.wayAround.contains(name) ? Self.warning : "change that entry in a policy of your own"
            )
        }
    }

    private static let warning = "leave it refused: it leads around the sandbox, or deep into the kernel"

    /// Calls that nobody is advised to permit.
    private static let wayAround = [
        "acct", "add_key", "adjtimex", "bpf", "clock_adjtime", "clock_settime", "delete_module", "finit_module",
        "fsconfig", "fsmount", "fsopen", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup",
        "ioperm",
        "iopl", "kexec_file_load", "kexec_load", "keyctl", "mount", "mount_setattr", "move_mount", "open_by_handle_at",
        "open_tree", "perf_event_open", "pidfd_getfd", "pivot_root", "process_vm_readv", "process_vm_writev", "ptrace",
        "quotactl", "reboot", "request_key", "setns", "settimeofday", "swapoff", "swapon", "umount2", "userfaultfd",
    ]
}
