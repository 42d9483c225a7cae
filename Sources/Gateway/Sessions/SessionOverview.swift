import JSON

/// How many sessions there are, and which were used last: what the reports of the gateway's health tell.
struct SessionOverview: Sendable {
    /// Of one agent, or of all.
    struct Part: Sendable {
        var count = 0
        /// The newest.
        var recent: [SessionEntry] = []
    }

    /// How many of the newest are told.
    static let recentLimit = 10

    var all = Part()
    var byAgent: [String: Part] = [:]

    /// That of `agents`.
    init(of agents: [String], in table: SessionTable) throws {
        all = try Self.part(SessionFilter.everything, table)
        for agent in agents {
            var filter = SessionFilter()
            filter.agent = agent
            byAgent[agent] = try Self.part(filter, table)
        }
    }

    private static func part(_ filter: SessionFilter, _ table: SessionTable) throws -> Part {
        var newest = filter
        newest.limit = recentLimit
        return Part(count: try table.count(filter), recent: try table.list(newest))
    }
}
