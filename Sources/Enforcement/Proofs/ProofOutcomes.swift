public import JSON
import Linux
public import Policy
import SystemPackage

/// How a plan's proofs ended.
public struct ProofOutcomes: Equatable, Sendable {
    /// How long all of them took, in microseconds.
    public var microseconds: Int32
    /// An errno for each, or 0 for success, in the plan's order. Every errno fits a byte (errno(3)).
    public var errnos: [UInt8]

    /// The record of the start: what was to be proved by which plan, whose hash is `hash`, on which kernel, and how each act
    /// ended.
    public func record(of plan: SandboxPlan, hash: String) -> JSON {
        let results = results(of: plan).map(\.json)
        return [
            "event": "proof", "plan": .string(hash),
            "degraded": .array(plan.degradations.map { .string($0.rawValue) }), "acts": .integer(Int64(results.count)),
            "microseconds": .integer(Int64(microseconds)), "kernel": .string(OwnProcess.kernelRelease),
            "landlock": .integer(Int64(Landlock.abiVersion)), "supervisor": .integer(Int64(OwnProcess.processID)),
            "results": .array(results),
        ]
    }

    /// The acts of `plan` with their ends.
    func results(of plan: SandboxPlan) -> [ProofResult] {
        zip(plan.proofs, errnos).map { proof, errno in
            ProofResult(
                guarantee: proof.guarantee,
                outcome: errno == 0 ? "success" : Errno(rawValue: Int32(errno)).name,
                holds: proof.expected.contains(Int32(errno)))
        }
    }
}
