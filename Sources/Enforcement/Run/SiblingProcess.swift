import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// The supervisor of one sibling, as the payload's supervisor has it: a child of its own, which runs the sibling's plan as the
/// launcher runs the payload's.
struct SiblingProcess {
    /// The kind of sibling.
    let kind: String
    private let child: ChildProcess
    private let channel: Channel

    /// What a request brings along, in its order.
    struct Descriptors {
        /// On which the two talk from then on.
        let asker: FileDescriptor
        /// The sibling's standard error.
        let errors: FileDescriptor
        /// Its descriptors 3 and 4.
        let pipes: [FileDescriptor]
    }

    /// How long a supervisor may take to end its sibling before it is killed, which ends the sibling too, in milliseconds.
    private static let patience: Int32 = 5000

    /// Starts the sibling of `plan`. `kept` is what holds the instance's lock, and `group` the cgroup whose limits it shares.
    init(
        _ plan: SandboxPlan, kind: String, _ descriptors: Descriptors, kept: FileDescriptor?, group: SandboxGroup?
    ) throws(Errno) {
        let (own, other) = try Channel.pair()
        let parent = OwnProcess.processID
        let child: ChildProcess?
        do throws(Errno) {
            child = try ChildProcess.clone([])
        } catch {
            own.descriptor.discard()
            other.descriptor.discard()
            throw error
        }
        guard let child else {
            Self.run(
                plan, SiblingLink(kind: kind, asker: descriptors.asker, overseer: other), descriptors, kept: kept,
                group: group, parent: parent)
        }
        other.descriptor.discard()
        self.kind = kind
        self.child = child
        channel = own
    }

    /// Readable when it has something to tell, or has ended.
    var descriptor: FileDescriptor { channel.descriptor }

    /// What it tells; nil once it has ended. Throws EBADMSG for what is no record.
    func nextRecord() throws(Errno) -> JSON? {
        guard let bytes = try descriptor.receiveDatagram(limit: SiblingLink.recordLimit), !bytes.isEmpty else {
            return nil
        }
        do {
            return try JSON(parsing: bytes, limits: JSON.Limits(depth: 8, length: SiblingLink.recordLimit))
        } catch {
            throw .badMessage
        }
    }

    /// Ends the sibling, and waits until nothing of it is left. What it tells meanwhile goes to `note`.
    func end(_ note: (JSON) -> Void) throws(Errno) {
        // Its supervisor ends it when nobody hears it any more.
        _ = Glibc.shutdown(descriptor.rawValue, Int32(SHUT_WR))
        while true {
            // What it tells comes before its end.
            let ready = try Readiness.wait(for: [.reading(descriptor)], milliseconds: Self.patience)
            if ready.isEmpty { try child.send(signal: SIGKILL) }
            guard !ready.isEmpty, let record = try nextRecord() else { break }
            note(record)
        }
        try reap()
    }

    /// Takes note of its end.
    func reap() throws(Errno) {
        _ = try child.wait()
        child.pidfd.discard()
        descriptor.discard()
    }

    // MARK: In the sibling's supervisor

    /// Becomes the sibling's supervisor; never returns.
    private static func run(
        _ plan: SandboxPlan, _ link: SiblingLink, _ descriptors: Descriptors, kept: FileDescriptor?,
        group: SandboxGroup?, parent: Int32
    ) -> Never {
        var link = link
        do throws(Errno) {
            try ProcessControl.dieWithParent()
            guard getppid() == parent else { _exit(0) }
            // What a terminal sends to the launcher's group is for the payload; it ends the sibling when it wants to.
            try ProcessControl.startProcessGroup()
            let pipes = try arrange(
                &link, descriptors, pipesAt: plan.keptDescriptors.pipes, kept: kept, group: group)
            try OwnProcess.hideArguments(behind: "mazelclaw-sibling")
            let settled = link
            let outcome = Supervisor(plan: plan, link: settled, pipes: pipes, group: group).run { event in
                tell(event, of: plan, settled)
            }
            finish(outcome, link)
        } catch {
            link.tell(.failed("its supervisor failed: \(error.name) (\(error))"))
            _exit(ExitCode.isolation.rawValue)
        }
    }

    /// Puts what the sibling's program is to have where it expects it, closes all that is the payload's or its supervisor's,
    /// and returns the pipes.
    private static func arrange(
        _ link: inout SiblingLink, _ descriptors: Descriptors, pipesAt numbers: [Int32], kept: FileDescriptor?,
        group: SandboxGroup?
    ) throws(Errno) -> [FileDescriptor] {
        // Out of the way first: each may have a number that another is to have.
        let asker = try link.asker.duplicated(from: 16)
        let overseer = try link.overseer.descriptor.duplicated(from: 16)
        let errors = try descriptors.errors.duplicated(from: 16)
        let pipes = try descriptors.pipes.map { (pipe) throws(Errno) in try pipe.duplicated(from: 16) }
        let lock = try kept.map { (kept) throws(Errno) in try kept.duplicated(from: 16) }
        let null = try FileDescriptor.workingDirectory.open("/dev/null", flags: O_RDWR).duplicated(from: 16)
        // Opened when the launcher had more than these open.
        let groups = group?.descriptors ?? []
        guard groups.allSatisfy({ $0 > 4 }) else { throw .badFileDescriptor }
        try null.become(0)
        try null.become(1)
        try errors.become(2)
        for (number, pipe) in zip(numbers, pipes) { try pipe.become(number) }
        let open = numbers.map { FileDescriptor(rawValue: $0) }
        let kept =
            open.map(\.rawValue) + [asker.rawValue, overseer.rawValue] + (lock.map { [$0.rawValue] } ?? []) + groups
        try OwnProcess.tidyDescriptors(keeping: kept.sorted())
        link = SiblingLink(kind: link.kind, asker: asker, overseer: Channel(descriptor: overseer))
        return open
    }

    private static func tell(_ event: Supervisor.Event, of plan: SandboxPlan, _ link: SiblingLink) {
        switch event {
        case .executed: link.tell(.started)
        case .proved(let outcomes):
            var record = outcomes.record(of: plan, hash: plan.hash).object ?? JSONObject()
            record["sibling"] = .string(link.kind)
            link.record(.object(record))
        case .denied(var denial):
            denial.sibling = link.kind
            link.record(denial.json)
        case .proxyEnded: link.record(["event": "proxy-ended", "sibling": .string(link.kind)])
        // It has no terminal, no listener and nobody who gives it a time to end; nothing of its profile is softened; and it has no
        // siblings of its own.
        case .building, .permitted, .overdue, .endedByKeys, .listenerLost, .sibling: break
        }
    }

    private static func finish(_ outcome: Supervisor.Outcome, _ link: SiblingLink) -> Never {
        var record: JSONObject = ["event": "sibling-ended", "sibling": .string(link.kind)]
        record["code"] = .integer(Int64(outcome.exitCode))
        record["reason"] = outcome.failure.map(JSON.string)
        link.record(.object(record))
        switch outcome {
        case .ended(let code, _): link.tell(.ended(code: code))
        case .initKilled(let signal), .payloadKilled(let signal):
            link.tell(.ended(code: ExitCode.killed(bySignal: signal)))
        case .failed, .outOfMemory: link.tell(.failed(outcome.failure ?? "it could not be started"))
        }
        _exit(0)
    }
}
