public import Policy
import Profiles

/// Makes the plans of what a payload may have started beside it.
///
/// It holds what the start found out about the host, and reads nothing that a payload could have written. But it reads policies,
/// as the caller: it has to be asked before the supervisor becomes another user, and before any payload runs.
public struct SiblingPlanner {
    private let request: PlanRequest
    private let facts: HostFacts
    private let paths: ProfilePaths
    private let caller: Caller
    private let isSupervised: Bool

    /// For the siblings of the start `request` by `caller`.
    init(of request: PlanRequest, _ facts: HostFacts, paths: ProfilePaths, by caller: Caller, isSupervised: Bool) {
        (self.request, self.facts, self.paths) = (request, facts, paths)
        (self.caller, self.isSupervised) = (caller, isSupervised)
    }

    /// The plan of each kind, from its own policy.
    ///
    /// Throws `LaunchError` when a policy is missing, invalid or not to be trusted, or cannot be carried out here.
    public func plans() throws(LaunchError) -> [SiblingPlan] {
        var plans: [SiblingPlan] = []
        for kind in request.siblingKinds(for: facts.user) {
            plans.append(SiblingPlan(kind: kind, plan: try plan(kind)))
        }
        return plans
    }

    private func plan(_ kind: SiblingKind) throws(LaunchError) -> SandboxPlan {
        let policy: SandboxPolicy
        let program: SeccompProgram
        do throws(ProfileError) {
            let (loaded, filter) = try StartRules.load(kind.policy, caller, isSupervised: isSupervised)
            (policy, program) = (loaded.policy, filter)
        } catch {
            throw .profile(error)
        }
        let sibling = request.sibling(kind, policy: policy, seccomp: program)
        var facts = facts
        // Nearly always it is the same that both policies want to know.
        let known = PlanRequest.pathsOfInterest(of: request.policy)
        if !PlanRequest.pathsOfInterest(of: policy).allSatisfy(known.contains) {
            facts = try HostProbe(environment: caller.environment)
                .facts(user: facts.user, policy: policy, profile: sibling.profile, paths: paths)
        }
        facts.streams = .null
        let plan: SandboxPlan
        do {
            plan = try SandboxPlan(sibling, facts: facts)
        } catch {
            throw .plan(error)
        }
        #if DEBUG || BENCHMARK
            return try Mutation(launcher: caller.executable)?.mutate(plan, environment: caller.environment) ?? plan
        #else
            return plan
        #endif
    }
}
