import Glibc
import JSON
import Linux
public import Policy
import SystemPackage

/// What came of trying everything that a plan guarantees.
public struct Verification: Sendable {
    /// One act and its end.
    public typealias Result = ProofResult

    /// The plan's hash.
    public var plan: String
    /// The acts, in the plan's order.
    public var results: [Result]
    /// How long they took, in microseconds.
    public var microseconds: Int32

    /// Tries `plan`, of which nothing but the proof runs: its payload is /usr/bin/true. Throws what a start would have
    /// failed with before it.
    ///
    /// Works beside a running instance: ports that are in use count as bound.
    public init(_ plan: SandboxPlan) throws(EnforcementError) {
        var outcomes: ProofOutcomes?
        let outcome = Supervisor(plan: plan).run { event in
            if case .proved(let proved) = event { outcomes = proved }
        }
        guard let outcomes else {
            if case .failed(let error) = outcome { throw error }
            throw EnforcementError(
                step: .startPayload, errno: .noChildProcess, detail: "its process ended before the proof was through")
        }
        self.plan = plan.hash
        microseconds = outcomes.microseconds
        results = outcomes.results(of: plan)
    }

    /// Builds the sibling of `sibling` too, as it is built beside a payload, and has it prove what each start of it proves. Its
    /// results bear its name. The directory of the state directory that it has is made when it is missing.
    ///
    /// The plan of the payload comes first: by that this process has become the user that it runs as. Throws when no process can
    /// be made for it; what fails behind that is a result.
    public mutating func add(_ sibling: SiblingPlan) throws(EnforcementError) {
        let name = "sibling \(sibling.kind.name)"
        do throws(Errno) {
            try Self.makeDirectory(of: sibling)
            var plan = sibling.plan.executing("/usr/bin/true", [])
            // The payload's cgroup, which it shares, is gone with the payload.
            plan.steps.removeAll { if case .joinControlGroup = $0 { true } else { false } }
            let (records, event) = try Self.run(plan, kind: sibling.kind.name)
            let proof = records.first { $0["event"] == "proof" }
            microseconds += proof?["microseconds"]?.integer.flatMap(Int32.init(exactly:)) ?? 0
            for result in proof?["results"]?.array ?? [] {
                results.append(
                    Result(
                        guarantee: "\(name): \(result["guarantee"]?.string ?? "")",
                        outcome: result["outcome"]?.string ?? "no answer", holds: result["holds"] == true))
            }
            var outcome = "success"
            switch event {
            case .ended(code: 0): break
            case .failed(let reason): outcome = reason
            case .ended(let code): outcome = "its program ended with \(code)"
            case .started, .inspected, nil: outcome = "its supervisor ended without a word"
            }
            results.append(Result(guarantee: "\(name): it is started", outcome: outcome, holds: outcome == "success"))
        } catch {
            throw EnforcementError(step: .startPayload, errno: error, detail: name)
        }
    }

    private static func makeDirectory(of sibling: SiblingPlan) throws(Errno) {
        let state: FileDescriptor
        do { state = try SafePath.open(sibling.plan.trees.state) } catch { throw error.errno }
        defer { state.discard() }
        do throws(Errno) {
            try FileSystem.makeDirectory(sibling.kind.directory, in: state, mode: 0o700)
        } catch {
            guard error == .fileExists else { throw error }
        }
    }

    /// Runs the sibling of `plan` to its end: what its supervisor wrote down, and what it told last.
    private static func run(_ plan: SandboxPlan, kind: String) throws(Errno) -> (records: [JSON], event: SiblingEvent?)
    {
        let (own, other) = try Channel.pair()
        defer { own.descriptor.discard() }
        var pipes: [Pipe] = []
        for _ in 0..<3 { pipes.append(try Pipe()) }
        let process = try SiblingProcess(
            plan, kind: kind,
            SiblingProcess.Descriptors(
                asker: other.descriptor, errors: pipes[0].writer, pipes: [pipes[1].reader, pipes[2].writer]),
            kept: nil, group: nil)
        other.descriptor.discard()
        for pipe in pipes {
            pipe.reader.discard()
            pipe.writer.discard()
        }
        var records: [JSON] = []
        while true {
            _ = try Readiness.wait(for: [.reading(process.descriptor)], milliseconds: -1)
            guard let record = try process.nextRecord() else { break }
            records.append(record)
        }
        try process.reap()
        var event: SiblingEvent?
        while let bytes = try own.descriptor.receiveDatagram(limit: SiblingEvent.byteLimit), !bytes.isEmpty {
            do { event = try SiblingEvent(bytes: bytes) } catch { throw .badMessage }
        }
        return (records, event)
    }

    /// The guarantees that do not hold.
    public var failures: [Result] { results.filter { !$0.holds } }
}
