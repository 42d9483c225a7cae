import Policy
import Testing

@Suite struct TemporarySizeTests {
    @Test(
        arguments: [
            ("1", 1), ("4096", 4096), ("64k", 64 << 10), ("256m", 256 << 20), ("2g", 2 << 30), ("0", nil), ("0m", nil),
            ("", nil), ("m", nil), ("8mb", nil), ("-1", nil), ("1.5g", nil), ("8 m", nil), ("2000000g", nil),
            ("8M", nil),
        ] as [(String, UInt64?)])
    func `a size is a number with a unit, or bytes`(text: String, bytes: UInt64?) {
        #expect(TemporarySize.bytes(text[...]) == bytes)
    }

    @Test(arguments: [1, 1023, 1024, 1536, 1 << 20, 3 << 19, 1 << 30, 5 << 30, 1 << 50] as [UInt64])
    func `a size written is the size read`(bytes: UInt64) {
        #expect(TemporarySize.bytes(TemporarySize.text(bytes)[...]) == bytes)
    }
}
