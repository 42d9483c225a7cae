import Policy
import Testing

@Suite struct ProfileOverridesTests {
    private func path(_ text: String) throws -> AbsolutePath { try #require(AbsolutePath(text)) }

    private func profile() throws -> Profile {
        var profile = Profile(name: try #require(ProfileName("rescue")), basePort: 19789)
        profile.policy = "browser"
        profile.stateDirectory = try path("/srv/rescue")
        profile.binds = [BindMount(source: try path("/srv/a"), destination: try path("/srv/a"), isWritable: false)]
        profile.environment = [try #require(EnvironmentVariable(name: "TZ", value: "UTC"))]
        return profile
    }

    private func everything() throws -> ProfileOverrides {
        var overrides = ProfileOverrides()
        overrides.basePort = 20000
        overrides.policy = "tool"
        overrides.user = "ada"
        overrides.identity = .own
        overrides.stateDirectory = try path("/srv/other")
        overrides.workspace = try path("/srv/work")
        overrides.workspaceOverlay = 1 << 20
        overrides.binds = [BindMount(source: try path("/srv/b"), destination: try path("/b"), isWritable: true)]
        overrides.environment = [try #require(EnvironmentVariable(name: "TZ", value: "Europe/Berlin"))]
        return overrides
    }

    @Test func `without any the profile stays as it is`() throws {
        #expect(try ProfileOverrides().applied(to: profile()) == profile())
    }

    @Test func `each takes the place of what the profile says, and lists go on where the profile's end`() throws {
        let (own, all) = (try profile(), try everything())
        let merged = all.applied(to: own)
        #expect(merged.name == own.name)
        #expect(merged.basePort == 20000)
        #expect(merged.policy == "tool")
        #expect(merged.user == "ada")
        #expect(merged.identity == .own)
        #expect(merged.stateDirectory == all.stateDirectory)
        #expect(merged.workspace == all.workspace)
        #expect(merged.workspaceOverlay == 1 << 20)
        #expect(merged.binds == own.binds + all.binds)
        #expect(merged.environment == own.environment + all.environment)
    }

    @Test(
        arguments: [
            (nil, nil, ProfileIdentity.own), (nil, ProfileIdentity.user, .user), ("ada", nil, .user),
            ("ada", .own, .own),
        ] as [(String?, ProfileIdentity?, ProfileIdentity)])
    func `who names a user means that one, unless an identity is named too`(
        user: String?, identity: ProfileIdentity?, expected: ProfileIdentity
    ) throws {
        var own = try profile()
        own.identity = .own
        var overrides = ProfileOverrides()
        overrides.user = user
        overrides.identity = identity
        #expect(overrides.applied(to: own).identity == expected)
    }

    @Test func `a new profile keeps whose it is and where it is, and nothing that one start was given`() throws {
        let all = try everything()
        let name = try #require(ProfileName("rescue"))
        var kept = Profile(name: name, basePort: 20000)
        kept.user = "ada"
        kept.identity = .own
        kept.stateDirectory = all.stateDirectory
        kept.workspace = all.workspace
        #expect(all.newProfile(name, basePort: 19789, isRoot: true) == kept)
        // Nobody but root could become the user that the file would name.
        kept.user = nil
        #expect(all.newProfile(name, basePort: 19789, isRoot: false) == kept)
        #expect(ProfileOverrides().newProfile(name, basePort: 19789, isRoot: true).basePort == 19789)
    }

    @Test func `a variable of the command line wins over the profile's`() throws {
        let request = try PlanFixture.request { $0 = try variables().applied(to: $0) }
        let plan = try SandboxPlan(request, facts: PlanFixture.facts())
        guard case .execute(let command) = plan.steps.last else {
            Issue.record("the last step executes the payload")
            return
        }
        #expect(command.environment.filter { $0.name == "TZ" }.map(\.value) == ["Europe/Berlin"])
    }

    private func variables() throws -> ProfileOverrides {
        var overrides = ProfileOverrides()
        overrides.environment = [
            try #require(EnvironmentVariable(name: "TZ", value: "UTC")),
            try #require(EnvironmentVariable(name: "TZ", value: "Europe/Berlin")),
        ]
        return overrides
    }
}
