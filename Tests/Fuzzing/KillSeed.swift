/// The seed of a test that kills a process at moments of chance.
///
/// The moments are drawn from `MAZELCLAW_KILL_SEED`; without it every run draws a seed of its own. The seed stands in
/// what such a test says when it fails, so that the same moments can be tried again.
public enum KillSeed {
    /// The seed of this run.
    public static let value: UInt64 = Seed.given(by: "MAZELCLAW_KILL_SEED") ?? .random(in: 0...9_999_999)

    /// Numbers that the seed and `name` decide, so that each test draws numbers of its own.
    public static func numbers(for name: StaticString) -> SplitMix {
        // FNV-1a, which is the same in every process; Swift's own hash is not.
        let hash = name.withUTF8Buffer {
            $0.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
        return SplitMix(seed: value ^ hash)
    }
}
