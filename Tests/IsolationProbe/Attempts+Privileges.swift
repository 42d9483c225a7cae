import CProbe
import Glibc

/// S and U: privileges, filters on top, users.
extension AttemptTable {
    mutating func addPrivileges() {
        addFilters()
        addPrctl()
        addCapabilities()
        addUsers()
    }

    private mutating func addFilters() {
        add("S08", "put a filter on top", apart: true) { Self.permitEverything() }
        add("S08", "mount under a filter that permits it", apart: true) {
            Self.permitEverything().then { SystemCall.attempt(SYS_mount, "none", "/tmp", "tmpfs", 0, 0) }
        }
        add("S08", "have calls handed over to a supervisor of its own", apart: true) {
            Outcome(of: Int(probe_listen_for_syscalls()))
        }
        add("S14", "put a Landlock domain on top", apart: true) {
            let rules = SystemCall.result(
                Int(SYS_landlock_create_ruleset), [.bytes(Self.words(1)), 8, 0])
            guard rules >= 0 else { return .refused(errno) }
            return SystemCall.attempt(SYS_landlock_restrict_self, .number(rules), 0)
        }
    }

    private static func permitEverything() -> Outcome {
        Outcome(of: Int(probe_remove_syscalls(nil, 0)))
    }

    private mutating func addPrctl() {
        for (name, option, value) in [
            ("clear no_new_privs", 38, 0), ("set no_new_privs", 38, 1), ("set PR_SET_MM", 35, 1),
            ("set PR_SET_PTRACER", 0x5961_6D61, 1), ("set securebits", 28, 0), ("keep capabilities", 8, 1),
            ("set PR_SET_SYSCALL_USER_DISPATCH", 59, 0), ("set PR_SET_TSC", 26, 2), ("set PR_SET_DUMPABLE", 4, 1),
        ] {
            add("S09", name, apart: true) {
                SystemCall.attempt(SYS_prctl, .number(option), .number(value), 0, 0, 0)
            }
        }
        add("S09", "raise an ambient capability", apart: true) { SystemCall.attempt(SYS_prctl, 47, 2, 21, 0, 0) }
        add("S09", "set the name") { SystemCall.attempt(SYS_prctl, 15, "probe", 0, 0, 0) }
        add("S10", "securebits") {
            let bits = SystemCall.result(Int(SYS_prctl), [27, 0, 0, 0, 0])
            return bits < 0 ? .refused(errno) : .permitted(value: "0x" + String(bits, radix: 16))
        }
    }

    private mutating func addCapabilities() {
        for field in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"] {
            add("S10", "status \(field)") { Self.status(field) }
        }
        // Version 3 of the header (capset(2)), CAP_NET_BIND_SERVICE asked for in all three sets.
        let header: [UInt8] = [0x22, 0x05, 0x08, 0x20, 0, 0, 0, 0]
        let data: [UInt8] = Array(repeating: [0, 4, 0, 0], count: 3).flatMap { $0 } + Array(repeating: 0, count: 12)
        add("S11", "capset") { SystemCall.attempt(SYS_capset, .bytes(header), .bytes(data)) }
        add("S11", "capget") { SystemCall.attempt(SYS_capget, .bytes(header), .bytes(data)) }
    }

    /// One field of /proc/self/status (proc(5)).
    static func status(_ field: String) -> Outcome {
        guard let content = File.content("/proc/self/status") else { return .refused(errno) }
        let line = String(decoding: content, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(field + ":") }
        let words = line?.split { $0 == "\t" || $0 == " " }.dropFirst()
        return .permitted(value: words?.joined(separator: " ") ?? "absent")
    }

    private mutating func addUsers() {
        for id in [0, 1000, 65534] {
            add("S12", "setuid \(id)", apart: true) { SystemCall.attempt(SYS_setuid, .number(id)) }
            add("S12", "setgid \(id)", apart: true) { SystemCall.attempt(SYS_setgid, .number(id)) }
        }
        add("S12", "setgroups", apart: true) { SystemCall.attempt(SYS_setgroups, 0, 0) }
        add("S12", "setuid to the own user", apart: true) {
            SystemCall.attempt(SYS_setuid, .number(Int(getuid())))
        }
        add("S12", "chown to another user") {
            SystemCall.attempt(SYS_chown, "/tmp", 0, 0)
        }
        add("U01", "maps hold one identity") {
            let maps = ["uid_map", "gid_map"].map { File.content("/proc/self/\($0)") ?? [] }
            let words = maps.map { String(decoding: $0, as: UTF8.self).split { $0 == " " || $0 == "\n" } }
            let isOne = words.allSatisfy { $0.count == 3 && $0[0] == $0[1] && $0[2] == "1" }
            return .permitted(value: isOne ? "one" : "\(words)")
        }
        add("U01", "setgroups file") {
            File.content("/proc/self/setgroups").map {
                .permitted(value: String(decoding: $0.dropLast(), as: UTF8.self))
            } ?? .refused(errno)
        }
        add("U01", "widen the map") { File.write("0 0 1", to: "/proc/self/uid_map") }
    }
}
