import DevTools
import Glibc
import JSON

/// Whether a Chromium's own sandbox holds, as the kernel sees it (proc(5)).
struct ChromiumSandbox: Sendable, Equatable {
    /// How many renderers were looked at.
    var renderers = 0
    /// How many of them are in a PID namespace of their own.
    var inOwnNamespace = 0
    /// How many of them have a filter of system calls more than the browser itself.
    var filtered = 0
    /// How much memory all processes of the browser take, in bytes.
    var memory: Int64 = 0

    /// Whether all renderers are held; nil when there is none to look at.
    var holds: Bool? {
        renderers == 0 ? nil : inOwnNamespace == renderers && filtered == renderers
    }

    /// What a renderer has among its arguments.
    private static let mark = "--type=renderer"

    /// Looks at the processes of `browser`, or has them looked at where they are out of sight; nil where nobody can.
    init?(of browser: BrowserProcess) async {
        if let group = browser.processID {
            self.init(group: group)
        } else {
            guard let seen = await browser.inspect(argument: Self.mark) else { return nil }
            self.init()
            (renderers, inOwnNamespace, filtered) = (seen.found, seen.inNestedNamespace, seen.underFurtherFilter)
            memory = seen.memory
        }
    }

    /// Looks at the processes of the group `group`, whose leader is the browser itself.
    init(group: Int32) {
        memory = BrowserMemory.bytes(ofGroup: group)
        guard let browser = ProcessFacts(group) else { return }
        for process in ProcessFacts.members(of: group) where process.isRenderer {
            renderers += 1
            if process.depth > browser.depth { inOwnNamespace += 1 }
            if process.filters > browser.filters { filtered += 1 }
        }
    }

    init() {}

    /// As the status tells it.
    var json: JSON {
        [
            "holds": holds.map(JSON.bool) ?? .null, "renderers": .integer(Int64(renderers)),
            "inOwnNamespace": .integer(Int64(inOwnNamespace)), "filtered": .integer(Int64(filtered)),
        ]
    }
}

/// What the kernel tells of a process.
private struct ProcessFacts {
    /// In how many PID namespaces it has a number, as seen from here.
    var depth = 1
    /// How many filters of system calls it has.
    var filters = 0
    /// Whether it shows pages.
    var isRenderer = false

    init?(_ process: Int32) {
        guard let status = ProcessFile.text("/proc/\(process)/status") else { return nil }
        for line in status.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "NSpid": depth = parts[1].split(whereSeparator: \.isWhitespace).count
            case "Seccomp_filters": filters = Int(parts[1].filter { !$0.isWhitespace }) ?? 0
            default: continue
            }
        }
        // Those that are forked by a zygote write their arguments with blanks between.
        isRenderer =
            ProcessFile.text("/proc/\(process)/cmdline")?.split { $0 == "\0" || $0 == " " }.contains("--type=renderer")
            ?? false
    }

    /// The processes of `group`.
    static func members(of group: Int32) -> [ProcessFacts] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var members: [ProcessFacts] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let process = Int32(name), getpgid(process) == group, let facts = ProcessFacts(process) else {
                continue
            }
            members.append(facts)
        }
        return members
    }
}
