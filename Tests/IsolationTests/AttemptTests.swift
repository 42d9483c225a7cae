import Testing

/// Every attempt of the probe against the table, tried by the payload itself and from two forks down.
@Suite struct AttemptTests {
    @Test(arguments: AttemptRow.table, Starting.available)
    func `an attempt ends as the table says`(row: AttemptRow, starting: Starting) throws {
        let run = try ProbeRun.shared(starting)
        let direct = try #require(run.direct[row.key], "the probe does not try it")
        #expect(row.expected.contains(direct))
        let forked = try #require(run.forked[row.key], "the probe does not try it")
        #expect(row.expected.contains(forked), "two forks down")
    }

    @Test(arguments: Starting.available)
    func `every attempt of the probe is in the table`(starting: Starting) throws {
        let rows = Set(AttemptRow.table.map(\.key))
        #expect(rows.count == AttemptRow.table.count)
        for key in try ProbeRun.shared(starting).direct.keys {
            #expect(rows.contains(key), "\(key.id) \(key.act)")
        }
    }

    @Test(arguments: ["F", "P", "S", "N", "X"])
    func `a group forbids and permits`(group: String) {
        let rows = AttemptRow.table.filter { $0.key.id.hasPrefix(group) }
        #expect(rows.contains { $0.isPermitted })
        #expect(rows.contains { !$0.isPermitted })
    }

    @Test(arguments: Starting.available)
    func `no attempt reaches the neighbour`(starting: Starting) throws {
        #expect(try ProbeRun.shared(starting).neighbour == "ready\n")
    }
}
