public import JSON

extension SplitMix {
    /// Numbers where arithmetic ends, and those beside the limits of times: a day, ten years, the year 9999.
    public static let extremeNumbers: [Int64] = [
        .min, .min + 1, -1, 0, 1, 59, 60, 999, 1000, 86_400, 86_401, 86_400_000, 86_400_001, 5_270_400, 5_270_401,
        316_224_000_000, 316_224_000_001, 253_402_300_799_999, 253_402_300_800_000, 2_147_483_648,
        9_007_199_254_740_992, 9_007_199_254_740_993, 153_722_867_280_912, 9_223_372_036_854_775, .max - 1, .max,
    ]

    /// A value that somebody may send to see what becomes of it.
    public mutating func extreme() -> JSON {
        if below(3) > 0 { return .integer(one(of: Self.extremeNumbers)) }
        switch below(4) {
        case 0: return .double(one(of: Self.extremeFractions))
        case 1: return one(of: [.null, true, [], [:]])
        default: return .string(one(of: Self.extremeTexts))
        }
    }

    private static let extremeFractions: [Double] = [1e300, -1e300, 9.3e18, -9.3e18, 0.5, .leastNonzeroMagnitude, -0.0]
    private static let extremeTexts = [
        "9223372036854775807", "-1", "106751991167d", "3661d", "99999999999999999999m", "0", "1e3d",
        "999999999-01-01T00:00:00Z", "\u{0}", "", String(repeating: "9", count: 400),
    ]

    /// `value` with an extreme in one place of it, mostly a deep one.
    public mutating func withExtreme(_ value: JSON) -> JSON {
        switch value {
        case .object(var object) where !object.members.isEmpty && below(16) > 0:
            let member = one(of: object.members)
            object[member.name] = withExtreme(member.value)
            return .object(object)
        case .array(var elements) where !elements.isEmpty && below(16) > 0:
            let index = below(elements.count)
            elements[index] = withExtreme(elements[index])
            return .array(elements)
        default: return extreme()
        }
    }
}
