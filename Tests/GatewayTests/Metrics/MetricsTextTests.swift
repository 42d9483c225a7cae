import Testing

@testable import Gateway

@Test func `metrics are written as Prometheus reads them`() {
    var text = MetricsText()
    text.add(
        "a_total", .counter, "Some.", [MetricsText.Sample(labels: [("x", "a\"b\\c\nd"), ("y", "é")], value: 2)])
    text.add("b", .gauge, "A half.", 0.5)
    text.add("c", .gauge, "Not known.", nil)
    #expect(
        text.text == """
            # HELP a_total Some.
            # TYPE a_total counter
            a_total{x="a\\"b\\\\c\\nd",y="é"} 2
            # HELP b A half.
            # TYPE b gauge
            b 0.5

            """)
}

@Test func `what the kernel says of a process is read past whatever its name holds`() {
    let stat =
        "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 4 0 100 8192000 300 18446744073709551615 1 1 0 0"
    let facts = ProcessFacts(stat: stat, ticks: 100, page: 4096)
    #expect(facts.processorSeconds == 2)
    #expect(facts.threads == 4)
    #expect(facts.virtualBytes == 8_192_000)
    #expect(facts.residentBytes == 1_228_800)
    #expect(ProcessFacts(stat: "", ticks: 100, page: 4096).residentBytes == nil)
}

@Test func `what is counted is told apart, and in order`() {
    let tally = Tally()
    for (name, outcome) in [("b", "ok"), ("a", "no"), ("b", "ok"), ("a", "ok")] { tally.add(name, outcome) }
    #expect(tally.all.map { "\($0.key.name) \($0.key.outcome) \($0.count)" } == ["a no 1", "a ok 1", "b ok 2"])
}
