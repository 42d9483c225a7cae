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

    /// The guarantees that do not hold.
    public var failures: [Result] { results.filter { !$0.holds } }
}
