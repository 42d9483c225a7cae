import Testing

@testable import Gateway

@Test func `so much may be held, and more when some was given back`() {
    let allowance = Allowance(10)
    #expect(allowance.take(6))
    #expect(!allowance.take(5))
    #expect(allowance.take(4))
    #expect(allowance.used == 10)
    allowance.giveBack(6)
    #expect(allowance.take(5))
}

@Test func `what is larger than all there may be is held alone`() {
    let allowance = Allowance(10)
    #expect(allowance.take(50))
    #expect(!allowance.take(1))
    allowance.giveBack(50)
    #expect(allowance.take(1))
    #expect(!allowance.take(50))
}

@Test func `what is told again under its name counts from then on`() {
    let usage = Usage()
    usage.add("things", limit: 3) { 1 }
    usage.add("things", limit: 4) { 2 }
    #expect(usage.all.map(\.limit) == [4])
    #expect(usage.all.map { $0.used() } == [2])
}
