public import Files
import GatewayProtocol
public import JSON
public import Policy

/// Jobs in a file, as the original gateway keeps them: `cron/jobs.json` of its state directory, an object with the list
/// `jobs`.
public struct CronFile: Sendable {
    /// The jobs, as they stand there.
    public let jobs: [JSON]
    private let path: AbsolutePath
    private let document: JSON5Document

    /// Reads the file at `path`. Throws `StorageError` when it cannot be read, is no regular file, or no such file: others
    /// may have put something else in its place.
    public init(_ path: AbsolutePath) throws(StorageError) {
        guard let text = try HostileDirectory(path.parent).read(path, limit: 16 << 20) else {
            throw .missing("read", path)
        }
        do {
            document = try JSON5Document(parsing: text, limits: JSON.Limits(length: 16 << 20))
        } catch {
            throw StorageError("read", path, fault: "\(error) at \(JSONPosition(offset: error.offset, in: text))")
        }
        guard let jobs = document.value["jobs"]?.array else {
            throw StorageError(
                "read", path,
                fault: "it must hold a JSON object with the list \"jobs\"; name the original's cron/jobs.json, or a "
                    + "file that was exported")
        }
        if let version = document.value["version"], version.integer != 1 {
            throw StorageError("read", path, fault: "its version is \(version.text()); this version knows 1")
        }
        self.jobs = jobs
        self.path = path
    }

    /// The jobs in as many parts as fit into one message to a gateway each.
    ///
    /// Throws `StorageError` for a job that fits into no message.
    public func parts() throws(StorageError) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var (start, size, values) = (0, 0, 0)
        for (index, job) in jobs.enumerated() {
            let (jobSize, jobValues) = (job.serialized().count + 1, job.valueCount)
            func fits(beside size: Int, _ values: Int) -> Bool {
                size + jobSize <= ProtocolLimits.inboundBytes - Self.reserve
                    && values + jobValues <= ProtocolLimits.values - Self.reserve
            }
            guard fits(beside: 0, 0) else {
                throw StorageError(
                    "read", path, fault: "\(place(of: index)) is larger than what a gateway takes in one message")
            }
            if !fits(beside: size, values) {
                parts.append(start..<index)
                (start, size, values) = (index, 0, 0)
            }
            size += jobSize
            values += jobValues
        }
        if start < jobs.count { parts.append(start..<jobs.count) }
        return parts
    }

    /// Throws `StorageError` for two jobs of one id, which a gateway does not find where they come in different parts.
    public func requireDifferentIDs() throws(StorageError) {
        var seen: Set<String> = []
        for (index, job) in jobs.enumerated() {
            guard let id = job["id"]?.string, !seen.insert(id).inserted else { continue }
            throw StorageError("read", path, fault: "\(place(of: index)): an earlier job has its id; give it another")
        }
    }

    /// How many jobs a gateway keeps.
    public static let limit = CronService.limit

    /// What stands in a message around the jobs, in bytes and in values, and more.
    private static let reserve = 1024

    /// Where the job `index` stands, and what it is called: for people. Of one that is not there, only the file.
    public func place(of index: Int) -> String {
        guard jobs.indices.contains(index) else { return path.text }
        let position = document.position(of: [.name("jobs"), .index(index)]).map { ":\($0)" } ?? ""
        let name = jobs[index]["name"]?.string
        return "\(path)\(position): job \(name.map { "\"\($0)\"" } ?? "\(index + 1)")"
    }

    /// Writes `jobs`, as clients are shown them, to a new file at `path`. What is being done stands there as not begun.
    /// Throws `StorageError`, also when something is there already.
    public static func write(_ jobs: [JSON], to path: AbsolutePath) throws(StorageError) {
        let kept = jobs.map { job in
            guard var object = job.object, var state = object["state"]?.object else { return job }
            state["runningAtMs"] = nil
            object["state"] = .object(state)
            return .object(object)
        }
        var writer = try LineWriter(path)
        try writer.write(JSON.object(["version": 1, "jobs": .array(kept)]).text(pretty: true))
        try writer.finish()
        try DurableFile.flush(path.parent)
    }
}

extension JSON {
    /// How many values it is made of, itself among them.
    fileprivate var valueCount: Int {
        switch self {
        case .array(let elements): elements.reduce(1) { $0 + $1.valueCount }
        case .object(let object): object.members.reduce(1) { $0 + $1.value.valueCount }
        case .null, .bool, .integer, .double, .string: 1
        }
    }
}
