import Testing

/// Every attempt of the probe against the table, tried by the payload itself and from two forks down.
@Suite struct AttemptTests {
    @Test(arguments: AttemptRow.table, Starting.available)
    func `an attempt ends as the table says`(row: AttemptRow, starting: Starting) throws {
        let run = try ProbeRun.shared(starting)
        for (form, outcomes) in [(Report.Form.direct, run.direct), (.forked, run.forked)] {
            let outcome = outcomes[row.key]
            let isRight = outcome.map(row.expected.contains) ?? false
            let isLacking = isRight && !row.isPermitted && outcome == run.outside[row.key]
            Report.write(
                id: row.key.id, act: row.key.act, starting: starting.rawValue, form: form,
                outcome: outcome ?? "not tried", expected: row.expected,
                verdict: isRight ? isLacking ? .lacking : .right : .wrong)
            #expect(isRight, "\(form.rawValue): \(outcome ?? "the probe does not try it")")
        }
    }

    @Test func `what this kernel lacks is told apart from what the sandbox refuses`() throws {
        let run = try ProbeRun.shared(Starting.available[0])
        #expect(Set(run.outside.keys.map(\.id)) == ["N18", "N19", "N20", "N21", "N22"])
        // What the kernel has outside of any sandbox, the filter refuses.
        #expect(run.outside.contains { key, outcome in outcome == "OK" && run.direct[key] != "OK" })
        #expect(run.outside[ProbeRun.Key(id: "N22", act: "socketpair of AF_UNIX")] == "OK")
    }

    @Test(arguments: Starting.available)
    func `every attempt of the probe is in the table`(starting: Starting) throws {
        let rows = Set(AttemptRow.table.map(\.key))
        #expect(rows.count == AttemptRow.table.count)
        for key in try ProbeRun.shared(starting).direct.keys {
            #expect(rows.contains(key), "\(key.id) \(key.act)")
        }
    }

    @Test(arguments: ["F", "P", "S", "N", "X", "U", "T", "A", "R", "B"])
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
