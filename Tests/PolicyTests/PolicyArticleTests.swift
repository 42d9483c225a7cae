import Foundation
import Policy
import Testing

/// What the article "Make a plan and ask it" shows, line by line; ArchitectureTests compares the two.
@Suite struct PolicyArticleTests {
    @Test func `a plan is made from a profile, a policy and facts, and answers`() throws {
        var lines: [String] = []
        func print(_ line: some CustomStringConvertible) { lines.append(line.description) }
        let policyText = Array(try Data(contentsOf: PlanFixture.repository.appending(path: "policies/gateway.json")))
        let (facts, filter) = (try PlanFixture.facts(), try PlanFixture.request().seccomp)
        let ports = try #require(PortSet(base: 18789))
        var profile = Profile(name: .default, basePort: 18789)
        profile.connectPorts = [5432]
        let policy = try SandboxPolicy(file: "policies/gateway.json", text: policyText)
        let request = PlanRequest(
            profile: profile, ports: ports, paths: ProfilePaths(profile: profile, home: facts.user.home),
            policy: policy, seccomp: filter, ownExecutable: nil, command: nil, degradations: [])
        let plan = try SandboxPlan(request, facts: facts)
        for step in plan.steps { print("\(step.summary)  # \(step.reason)") }
        let answers = plan.answers(binding: 8080, .tcp)
        for answer in answers { print(answer) }
        #expect(lines.count == plan.steps.count + answers.count)
        #expect(plan.connectablePorts?.contains(5432) == true)
        #expect(!answers.isEmpty && answers.allSatisfy { !$0.isAllowed })
    }
}
