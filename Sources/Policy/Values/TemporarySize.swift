/// The size of a tmpfs as mount options write it: `64m`, with `k`, `m` or `g`, or bytes (tmpfs(5)).
public enum TemporarySize {
    /// The bytes that `text` means; nil for none, for 0 and for what is no size.
    public static func bytes(_ text: Substring) -> UInt64? {
        let shift = units.first { $0.letter == text.utf8.last }?.shift ?? 0
        guard let number = UInt64(shift == 0 ? text : text.dropLast()), number > 0, number < 1 << 20 || shift == 0
        else { return nil }
        return number << shift
    }

    /// `bytes` in the largest unit that is exact.
    public static func text(_ bytes: UInt64) -> String {
        guard let unit = units.last(where: { bytes % (1 << $0.shift) == 0 && bytes >> $0.shift < 1 << 20 }) else {
            return "\(bytes)"
        }
        return "\(bytes >> unit.shift)\(Character(Unicode.Scalar(unit.letter)))"
    }

    private static let units: [(letter: UInt8, shift: UInt64)] = [
        (UInt8(ascii: "k"), 10), (UInt8(ascii: "m"), 20), (UInt8(ascii: "g"), 30),
    ]
}
