import JSON
import Policy
import Testing

@Suite struct LayerTests {
    // The user ID is known before there is a plan; another makes the same plan for another user. A sibling has a plan of its own.
    @Test(arguments: Layer.allCases.filter { ![.ownUserID, .siblingPart].contains($0) })
    func `a layer left out changes the plan, and all other steps stay in order`(layer: Layer) throws {
        let request = try PlanFixture.request { if layer == .networkNamespace { $0.network = .none } }
        var facts = try PlanFixture.facts()
        if layer == .streams { facts.streams.input.kind = .terminal }
        let plan = try SandboxPlan(request, facts: facts)
        let without = plan.leavingOut(layer, environment: try PlanFixture.facts().environment)
        #expect(without.steps != plan.steps)
        // Without inodes of their own the same trees are bound.
        var rest = plan.steps.map { step in
            if layer == .ownInodes, case .mountView = step { "bind" } else { step.name }
        }[...]
        for name in without.steps.map(\.name) {
            let place = try #require(rest.firstIndex(of: name))
            rest = rest[(place + 1)...]
        }
        #expect(without.steps.last?.name == "execve")
        #expect(without.proofs == plan.proofs)
    }

    @Test func `the proofs left out, the step stays`() throws {
        let plan = try SandboxPlan(PlanFixture.request(), facts: PlanFixture.facts())
        let without = plan.leavingOutProofs()
        #expect(without.proofs.isEmpty)
        #expect(without.steps.map(\.name) == plan.steps.map(\.name))
    }
}
