import Glibc
public import JSON
import Linux
public import Policy
import SystemPackage

/// The process that holds an instance's lock.
public struct InstanceHolder: Equatable, Sendable {
    /// The process ID, in the host's PID namespace; nil when the holder has not written it yet.
    public var pid: Int32?
    /// The systemd unit it runs in, or nil outside of one.
    public var unit: String?
    /// When it took the lock, in seconds since 1970.
    public var startedAt: Int64?
    /// The ports it runs on; nil when it only holds the name.
    public var ports: PortSet?
    /// The directories it runs with; nil when it only holds the name.
    public var trees: InstanceTrees?
    /// What it is called; nil in a record of an earlier version.
    var name: ProfileName?

    /// This process, now, as `name`, on `ports` and with `trees`.
    static func current(_ name: ProfileName, ports: PortSet?, trees: InstanceTrees?) -> InstanceHolder {
        var holder = InstanceHolder(
            pid: getpid(), unit: unit(ofProcess: "self"), startedAt: Int64(Glibc.time(nil)), ports: ports, trees: trees)
        holder.name = name
        return holder
    }

    init(pid: Int32?, unit: String?, startedAt: Int64?, ports: PortSet? = nil, trees: InstanceTrees? = nil) {
        self.pid = pid
        self.unit = unit
        self.startedAt = startedAt
        self.ports = ports
        self.trees = trees
    }

    init(text: [UInt8]) {
        // A record that is being written, or was cut short, names nobody: that somebody has the lock counts all the same.
        let record = try? JSON(parsing: text)
        pid = record?["pid"]?.integer.flatMap(Int32.init(exactly:))
        unit = record?["unit"]?.string
        startedAt = record?["startedAt"]?.integer
        ports = record?["ports"].flatMap(PortSet.init(json:))
        trees = record?["trees"].flatMap(InstanceTrees.init(json:))
        name = record?["name"]?.string.flatMap { ProfileName($0) }
    }

    /// Whether a process of that ID exists (kill(2), signal 0); another user's counts too.
    var isAlive: Bool {
        guard let pid else { return false }
        return kill(pid, 0) == 0 || Glibc.errno == EPERM
    }

    /// The record as it stands in the lock file.
    public var file: JSON {
        var object = JSONObject()
        object["pid"] = pid.map { .integer(Int64($0)) }
        object["unit"] = unit.map(JSON.string)
        object["startedAt"] = startedAt.map(JSON.integer)
        object["ports"] = ports?.json
        object["trees"] = trees?.json
        object["name"] = name.map { .string($0.text) }
        return .object(object)
    }

    /// The systemd unit that a process, named by its ID or `self`, runs in; nil outside of one, or when it has ended.
    public static func unit(ofProcess process: String) -> String? {
        let groups = (try? FileSystem.read("/proc/\(process)/cgroup", limit: 64 << 10)) ?? []
        return unit(inControlGroups: String(decoding: groups, as: UTF8.self))
    }

    /// The innermost unit named in /proc/PID/cgroup (cgroups(7)), such as `mazelclaw-gateway.service`.
    public static func unit(inControlGroups text: String) -> String? {
        let parts = text.utf8.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "/") }
        let unit = parts.last { $0.ends(in: ".service") || $0.ends(in: ".scope") }
        return unit.map { String(Substring($0)) }
    }
}

extension InstanceHolder: CustomStringConvertible {
    /// `PID 42, unit mazelclaw-gateway.service, since 2026-01-31 12:00:00 UTC`, as far as known.
    public var description: String {
        var parts = [pid.map { "PID \($0)" } ?? "an unknown process"]
        if let unit { parts.append("unit \(unit)") }
        if let startedAt { parts.append("since \(Self.date(startedAt))") }
        return parts.joined(separator: ", ")
    }

    private static func date(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Substring.UTF8View {
    fileprivate func ends(in suffix: String) -> Bool {
        self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
