/// Finds members of an object by name: a hash table with linear probing, whose entries are offsets into the members.
///
/// The hash is seeded anew in every process (`Hasher`), so that nobody outside can choose names that collide.
struct NameTable: Sendable {
    /// Offset in the lower half, hash in the upper; `free` where there is none. Always a power of two of them, at least
    /// half of them free.
    private var slots: [UInt64]
    private var count = 0

    private static let free = UInt64.max

    /// A table of the names of `members`; of two that are the same, the first.
    init(_ members: [JSONObject.Member]) {
        slots = [UInt64](repeating: Self.free, count: Self.size(for: members.count))
        for offset in members.indices { _ = insert(members[offset].name, at: offset, members) }
    }

    /// Where `name` stands in `members`, the ones this is the table of.
    func offset(of name: String, in members: [JSONObject.Member]) -> Int? {
        let entry = slots[slot(of: name, Self.hash(name), members)]
        return entry == Self.free ? nil : Self.offset(entry)
    }

    /// Notes that `name` stands, or is about to stand, at `offset`. Returns false, and changes nothing, when `members` has
    /// it already.
    mutating func insert(_ name: String, at offset: Int, _ members: [JSONObject.Member]) -> Bool {
        let hash = Self.hash(name)
        let slot = slot(of: name, hash, members)
        guard slots[slot] == Self.free else { return false }
        slots[slot] = hash << 32 | UInt64(offset)
        count += 1
        if count * 2 > slots.count { grow() }
        return true
    }

    /// The slot that has `name`, or the free one where it belongs.
    private func slot(of name: String, _ hash: UInt64, _ members: [JSONObject.Member]) -> Int {
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != Self.free {
            if slots[slot] >> 32 == hash, JSONObject.isSame(members[Self.offset(slots[slot])].name, name) { break }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private static func offset(_ entry: UInt64) -> Int { Int(entry & 0xFFFF_FFFF) }

    private mutating func grow() {
        var larger = [UInt64](repeating: Self.free, count: slots.count * 2)
        for entry in slots where entry != Self.free {
            var slot = Int(entry >> 32) & (larger.count - 1)
            while larger[slot] != Self.free { slot = (slot + 1) & (larger.count - 1) }
            larger[slot] = entry
        }
        slots = larger
    }

    private static func size(for count: Int) -> Int {
        var size = 64
        while size < count * 2 { size *= 2 }
        return size
    }

    /// Of the code units, so that names that only look the same are told apart.
    private static func hash(_ name: String) -> UInt64 {
        var name = name
        var hasher = Hasher()
        name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        return UInt64(UInt32(truncatingIfNeeded: hasher.finalize()))
    }
}
