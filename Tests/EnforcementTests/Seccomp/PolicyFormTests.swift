import CKernel
import Enforcement
import Policy
import Testing

/// That the shipped files can be read by people: each entry says what it is for, in one order, and every
/// number is explained by the name the C headers give it.
@Suite struct PolicyFormTests {
    private static let sets = [
        "@aio", "@basic-io", "@browser", "@chown", "@clock", "@cpu-emulation", "@debug", "@default", "@file-handle",
        "@file-system", "@io-event", "@ipc", "@keyring", "@memlock", "@module", "@mount", "@network-io", "@pkey",
        "@privileged", "@process", "@raw-io", "@reboot", "@resources", "@sandbox", "@setuid", "@signal", "@swap",
        "@sync", "@system-service", "@timer",
    ]

    @Test(arguments: ShippedPolicy.allCases)
    func `each entry's comment begins with its set`(shipped: ShippedPolicy) throws {
        for entry in try shipped.policy().entries {
            let comment = try #require(entry.comment, "\(entry.names)")
            let set = String(comment.prefix { $0 != ":" })
            #expect(Self.sets.contains(set), "\(comment)")
        }
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `permitted calls come first, then what arguments decide, then refused calls`(
        shipped: ShippedPolicy
    ) throws {
        let parts = try shipped.policy().entries.map { entry in
            !entry.comparisons.isEmpty ? 1 : entry.action == .allow || entry.names.contains("bind") ? 0 : 2
        }
        #expect(parts == parts.sorted())
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `names are sorted and stand in one entry only, unless arguments decide`(shipped: ShippedPolicy) throws {
        let policy = try shipped.policy()
        for entry in policy.entries where entry.comparisons.isEmpty {
            #expect(entry.names == entry.names.sorted())
        }
        for name in policy.names where policy.indices(ofEntriesFor: name).count > 1 {
            for index in policy.indices(ofEntriesFor: name) {
                #expect(!policy.entries[index].comparisons.isEmpty, "\(name)")
            }
        }
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `each constant in a comment has the value of the C headers`(shipped: ShippedPolicy) throws {
        let policy = try shipped.policy()
        for comment in policy.entries.compactMap(\.comment) + [policy.comment ?? ""] {
            for constant in Constant.all(in: comment) {
                #expect(ckernel_constant(constant.name) == constant.value, "\(constant.name) in \"\(comment)\"")
            }
        }
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `each number in a rule is explained by its comment`(shipped: ShippedPolicy) throws {
        for entry in try shipped.policy().entries {
            let comment = entry.comment ?? ""
            let constants = Constant.all(in: comment)
            let namespaces = constants.filter { $0.name.hasPrefix("CLONE_NEW") }.reduce(0) { $0 | $1.value }
            // A mask of 32 bits says how wide the argument is; the files explain it once, at their head. The
            // same number as a value is personality(2)'s question, which has no name.
            let explained = Set(constants.map(\.value) + [namespaces, 0xffff_ffff])
            for comparison in entry.comparisons {
                switch comparison.relation {
                case .atLeast(let value): #expect(value == 0, "\(comment)")
                // No pointer.
                case .equal(let value): #expect(value == 0, "\(comment)")
                case .masked(let mask, let value):
                    #expect(explained.contains(Int64(mask)), "\(mask) in \"\(comment)\"")
                    #expect(value == 0 || explained.contains(Int64(value)), "\(value) in \"\(comment)\"")
                default: Issue.record("\(comparison) is none of the forms that libseccomp keeps apart")
                }
            }
            if case .errno(let number) = entry.action {
                #expect(explained.contains(Int64(number)), "\(number) in \"\(comment)\"")
            }
        }
    }

    @Test func `the browser's policy differs from the gateway's only where its sandbox needs it`() throws {
        let gateway = try ShippedPolicy.gateway.policy()
        let browser = try ShippedPolicy.browser.policy()
        #expect(gateway.defaultAction == browser.defaultAction)
        #expect(gateway.names == browser.names)
        let differing = gateway.names.filter { name in
            gateway.rules(for: name) != browser.rules(for: name)
        }
        #expect(differing == ["capset", "chroot", "clone", "socket", "unshare"])
    }

    @Test(arguments: ShippedPolicy.allCases)
    func `each call that the table knows is named, unless no kernel of today has it`(shipped: ShippedPolicy) throws {
        let named = Set(try shipped.policy().names)
        let known = (0...450).compactMap { SyscallTable.name(of: $0) }
        #expect(
            known.filter { !named.contains($0) } == [
                "uselib", "ustat", "sysfs", "_sysctl", "get_kernel_syms", "getpmsg", "putpmsg", "afs_syscall",
                "tuxcall",
                "security", "set_thread_area", "get_thread_area", "epoll_ctl_old", "epoll_wait_old", "vserver",
            ])
    }
}

extension SeccompPolicy {
    /// The rules for one call, without names and comments.
    fileprivate func rules(for name: String) -> [String] {
        indices(ofEntriesFor: name).map { "\(entries[$0].comparisons) \(entries[$0].action)" }
    }
}

/// `NAME=NUMBER` in a comment.
private struct Constant {
    let name: String
    let value: Int64

    static func all(in comment: String) -> [Constant] {
        let words = comment.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "=") }
        return words.compactMap { word in
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            let isHexadecimal = parts[1].hasPrefix("0x")
            guard let value = Int64(parts[1].dropFirst(isHexadecimal ? 2 : 0), radix: isHexadecimal ? 16 : 10) else {
                return nil
            }
            return Constant(name: String(parts[0]), value: value)
        }
    }
}
