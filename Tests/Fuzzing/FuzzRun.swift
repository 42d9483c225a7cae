import Glibc

/// Seeds for a test that tries inputs nobody thought of, as many as its time allows.
///
/// The time is `MAZELCLAW_FUZZ_SECONDS`, one second by default, so that every run of the suite tries some thousands;
/// `make fuzz` gives minutes. The first seed is `MAZELCLAW_FUZZ_SEED`, 0 by default. While a seed is tried its number
/// stands in `fuzz-NAME.seed` in the directory for temporary files: after a crash it tells which one it was.
public struct FuzzRun: Sequence, IteratorProtocol {
    private let end: ContinuousClock.Instant
    private let path: String
    private let descriptor: Int32
    private var seed: UInt64

    /// Seeds for the test `name`.
    public init(_ name: String) {
        end = .now + .milliseconds(Int((Self.variable("MAZELCLAW_FUZZ_SECONDS").flatMap(Double.init) ?? 1) * 1000))
        seed = Seed.given(by: "MAZELCLAW_FUZZ_SEED") ?? 0
        path = "\(Self.variable("TMPDIR") ?? "/tmp")/fuzz-\(name).seed"
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    }

    /// The next seed; nil when the time is over.
    public mutating func next() -> UInt64? {
        guard ContinuousClock.now < end else {
            if descriptor >= 0 { close(descriptor) }
            unlink(path)
            return nil
        }
        defer { seed += 1 }
        if descriptor >= 0 {
            let text = Array("\(seed)\n".utf8)
            _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        }
        return seed
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
