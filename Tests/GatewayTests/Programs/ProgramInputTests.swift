import Testing

@testable import Gateway

@Suite struct ProgramInputTests {
    @Test func `nothing that was taken is lost, and what there is no room for is not taken`() async {
        let input = ProgramInput()
        for number in 0..<ProgramInput.limit { #expect(input.write([UInt8(truncatingIfNeeded: number)])) }
        #expect(!input.write([0xFF]))
        input.end()
        #expect(!input.write([0xFF]))
        var pieces: [[UInt8]] = []
        for await piece in input.pieces { pieces.append(piece) }
        #expect(pieces == (0..<ProgramInput.limit).map { [UInt8(truncatingIfNeeded: $0)] })
    }
}
