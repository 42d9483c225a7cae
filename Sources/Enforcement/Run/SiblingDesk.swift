import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// Where a payload's requests for siblings arrive, and those that run.
struct SiblingDesk {
    /// The plans, of which a request chooses one; none before they are made.
    var plans: [SiblingPlan] = []
    /// The payload's end of the socket, until its process has it.
    private let payloadsEnd: FileDescriptor
    /// The supervisor's end; nil once the payload's is closed everywhere.
    private(set) var socket: Channel?
    private let kept: FileDescriptor?
    private let group: SandboxGroup?
    private(set) var running: [SiblingProcess] = []
    private var pace = SiblingPace()

    /// The desk of a payload under `plan`; nil where that has no siblings. `kept` is what holds the instance's lock.
    init?(for plan: SandboxPlan, kept: FileDescriptor?, group: SandboxGroup?) throws(Errno) {
        guard let number = plan.keptDescriptors.siblings else { return nil }
        payloadsEnd = FileDescriptor(rawValue: number)
        // Whatever has that number would be the payload's.
        guard !payloadsEnd.isOpen else { throw .fileExists }
        let (own, other) = try Channel.pair()
        try other.descriptor.become(number)
        try payloadsEnd.setCloseOnExec(true)
        other.descriptor.discard()
        socket = own
        self.kept = kept
        self.group = group
    }

    /// Gives up the payload's end, which its process has now: who has closed all copies asks for nothing any more.
    func giveAway() { payloadsEnd.discard() }

    /// Gives up the supervisor's end, in init.
    func leave() { socket?.descriptor.discard() }

    /// Takes the next request, and starts what it asks for. Returns what was refused.
    mutating func takeRequest() throws(Errno) -> Denial? {
        guard let socket,
            let parcel = try socket.receiveParcel(
                limit: SiblingRequest.byteLimit + 1, descriptors: SiblingRequest.descriptorCount)
        else { return nil }
        // Those that are passed on are copies of the sibling's supervisor by then.
        defer { for descriptor in parcel.descriptors { descriptor.discard() } }
        guard !parcel.bytes.isEmpty else {
            socket.descriptor.discard()
            self.socket = nil
            return nil
        }
        guard let descriptors = Self.descriptors(of: parcel) else {
            return denial(
                parcel.sender, "start a sibling", "sibling-request",
                "send a socket for whole messages and three pipes along, and no more than \(SiblingRequest.byteLimit) bytes"
            )
        }
        let request: SiblingRequest
        do {
            request = try SiblingRequest(bytes: parcel.bytes)
        } catch {
            return refuse(descriptors, parcel.sender, "start a sibling", "sibling-request", "\(error)")
        }
        let act = "start \(request.program.prefix(Denial.programLimit)) in a sibling"
        guard let plan = plans.first(where: { $0.kind.name == request.kind }) else {
            let known = plans.map(\.kind.name).joined(separator: ", ")
            return refuse(
                descriptors, parcel.sender, act, "sibling-kind",
                "ask for one that \"siblings\" of the policy has: \(known)")
        }
        let count = running.count { $0.kind == request.kind }
        if let refusal = plan.kind.refusal(of: request, running: count) {
            return refuse(descriptors, parcel.sender, act, refusal.rule, refusal.remedy)
        }
        if let refusal = pace.take(at: MonotonicClock.microseconds) {
            return refuse(descriptors, parcel.sender, act, refusal.rule, refusal.remedy)
        }
        do throws(Errno) {
            running.append(
                try SiblingProcess(
                    plan.plan.executing(request.program, request.arguments), kind: request.kind, descriptors,
                    kept: kept, group: group))
            return nil
        } catch {
            return refuse(
                descriptors, parcel.sender, act, "sibling-supervisor",
                "\(error.name) (\(error)); end some processes of this user, and try again")
        }
    }

    /// What a sibling tells: a record to write down, or nil once it has ended.
    mutating func takeRecord(at index: Int) throws(Errno) -> JSON? {
        if let record = try running[index].nextRecord() { return record }
        try running.remove(at: index).reap()
        return nil
    }

    /// Ends all siblings, and waits until nothing of them is left.
    mutating func end(_ note: (JSON) -> Void) throws(Errno) {
        socket?.descriptor.discard()
        socket = nil
        while let sibling = running.popLast() { try sibling.end(note) }
    }

    /// What came along, if it is what must: a Unix socket for whole messages, and three pipes. Through a pipe nothing passes
    /// but bytes, and none leads into another network or to a file.
    private static func descriptors(of parcel: Parcel) -> SiblingProcess.Descriptors? {
        let all = parcel.descriptors
        guard !parcel.isTruncated, all.count == SiblingRequest.descriptorCount, Channel.isEnd(all[0]),
            all.dropFirst().allSatisfy({ (try? FileStatus(of: $0).kind) == .pipe })
        else { return nil }
        return SiblingProcess.Descriptors(asker: all[0], errors: all[1], pipes: [all[2], all[3]])
    }

    private func refuse(
        _ descriptors: SiblingProcess.Descriptors, _ sender: Int32, _ act: String, _ rule: String, _ remedy: String
    ) -> Denial {
        _ = try? descriptors.asker.sendDatagram(SiblingEvent.failed("refused to \(act), rule \(rule): \(remedy)").bytes)
        return denial(sender, act, rule, remedy)
    }

    private func denial(_ sender: Int32, _ act: String, _ rule: String, _ remedy: String) -> Denial {
        let status = try? ProcessStatus(of: sender)
        return Denial(
            time: Int64(time(nil)), processID: sender, processIDInside: status?.innermostProcessID ?? 0,
            program: (try? FileSystem.readSymbolicLink("/proc/\(sender)/exe")) ?? status?.name ?? "a process", act: act,
            rule: rule, errno: Errno.permissionDenied.name, remedy: remedy)
    }
}
