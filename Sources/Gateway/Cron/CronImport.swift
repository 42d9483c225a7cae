import GatewayProtocol
import JSON
import Text
import Time

/// Jobs that were kept elsewhere, read to be taken over: those of the original gateway's `cron/jobs.json`.
struct CronImport: Sendable {
    /// Something that keeps a job from being taken over.
    struct Issue: Sendable, Equatable {
        /// Which of the jobs, from 0.
        var index: Int
        /// What cannot be taken over, in one sentence.
        var message: String
    }

    /// Those that can be taken over, each with its place in the list.
    private(set) var jobs: [(index: Int, job: CronJob)] = []
    private(set) var issues: [Issue] = []

    /// Reads `list`, at `time`, for a gateway of which `requireAgent` throws where it has no such agent.
    init(_ list: [JSON], at time: Timestamp, requireAgent: (String) throws(ProtocolError) -> Void) {
        var seen: Set<String> = []
        for (index, json) in list.enumerated() {
            do throws(ProtocolError) {
                let job = try Self.job(json, at: time)
                guard seen.insert(job.id).inserted else {
                    throw ProtocolError(.invalidRequest, "an earlier job has its id; give it another")
                }
                if let agent = job.agentID { try requireAgent(agent) }
                jobs.append((index, job))
            } catch {
                issues.append(Issue(index: index, message: error.message))
            }
        }
    }

    /// The job `json` describes, as it goes on from `time`: what the original leaves out is filled in as it does.
    private static func job(_ json: JSON, at time: Timestamp) throws(ProtocolError) -> CronJob {
        guard var object = json.object else { throw ProtocolError(.invalidRequest, "must be object") }
        for member in object.members where member.value == .null { object[member.name] = nil }
        for (name, value) in [
            ("enabled", true), ("createdAtMs", time.json), ("wakeMode", "next-heartbeat"), ("state", [:]),
        ] as [(String, JSON)] where object[name] == nil {
            object[name] = value
        }
        if object["updatedAtMs"] == nil { object["updatedAtMs"] = object["createdAtMs"] }
        if var state = object["state"]?.object {
            // Nobody is doing it here. How it ended last is for people, who may know words we do not.
            state["runningAtMs"] = nil
            if state["lastStatus"]?.string.flatMap(CronJob.Status.init) == nil { state["lastStatus"] = nil }
            object["state"] = .object(state)
        }
        try requireKnown(object)
        var faults = Faults()
        guard var job = CronJob.shape.read(.object(object), &faults) else {
            throw ProtocolError(.invalidRequest, faults.text)
        }
        guard !job.id.trimmed.isEmpty, !job.name.trimmed.isEmpty else {
            throw ProtocolError(.invalidRequest, "its id and its name must not be empty")
        }
        job.agentID = job.agentID?.trimmed.lowercased()
        try job.requireFitting()
        try job.plan(at: time)
        return job
    }

    /// What is not understood is not done without: it may say whether or where a job is done.
    private static func requireKnown(_ object: JSONObject) throws(ProtocolError) {
        for member in object.members where !CronJob.shape.fields.contains(where: { $0.name == member.name }) {
            throw ProtocolError(
                .invalidRequest, "\(member.name): this version knows no such member of a job; leave it out")
        }
        for (name, words) in [
            ("sessionTarget", CronJob.Target.allCases.map(\.rawValue)),
            ("wakeMode", CronJob.WakeMode.allCases.map(\.rawValue)),
        ] {
            guard let value = object[name], !words.contains(value.string ?? "") else { continue }
            let expected = words.map { "\"\($0)\"" }.joined(separator: " or ")
            throw ProtocolError(.invalidRequest, "\(name): \(value.text()) is unknown; expected \(expected)")
        }
    }
}

extension CronJob {
    /// Whether `other` is the same job, whatever came of either since.
    func isSame(as other: CronJob) -> Bool {
        var (left, right) = (self, other)
        (left.state, left.createdAt, left.updatedAt, left.isEnabled) = (State(), .earliest, .earliest, true)
        (right.state, right.createdAt, right.updatedAt, right.isEnabled) = (State(), .earliest, .earliest, true)
        return left == right
    }
}
