public import JSON

extension PortSet {
    /// The set as data: what a record of a running instance holds.
    public var json: JSON {
        [
            "base": .integer(Int64(base)), "lastCDP": .integer(Int64(cdp.upperBound)),
            "pinned": .array(pinned.map { .integer(Int64($0)) }),
        ]
    }

    /// The set that `json` records; nil when it records none.
    public init?(json: JSON) {
        guard let base = json["base"]?.integer.flatMap(UInt16.init(exactly:)), Self.validBases.contains(base),
            let last = json["lastCDP"]?.integer.flatMap(UInt16.init(exactly:)),
            (base + Self.minimumDistance - 1...base + 110).contains(last)
        else { return nil }
        let pinned = json["pinned"]?.array?.compactMap { $0.integer.flatMap(UInt16.init(exactly:)) } ?? []
        self.init(base: base, cdp: base + 11...last, pinned: pinned)
    }
}
