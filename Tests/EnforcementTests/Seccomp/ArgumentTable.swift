import Policy

/// Lists of six arguments worth trying for one system call: every combination of nasty values for the
/// arguments its rules look at, and extremes for the others.
///
/// Derived otherwise than the values `SeccompPolicy` tries by itself, so that one does not hide the other's gaps.
struct ArgumentTable {
    let rows: [[UInt64]]

    init(_ policy: SeccompPolicy, name: String?) {
        let relations = (name.map(policy.indices(ofEntriesFor:)) ?? []).flatMap { policy.entries[$0].comparisons }
        let looked = Set(relations.map(\.argument))
        let columns = (0..<6).map { argument in
            looked.contains(argument)
                ? Self.values(
                    near: relations.filter { $0.argument == argument }, isOnly: looked.count == 1)
                : [0]
        }
        var rows: [[UInt64]] = [[]]
        for column in columns {
            rows = rows.flatMap { row in column.map { row + [$0] } }
        }
        // What no rule looks at must not matter.
        let extremes: [[UInt64]] = [
            Array(repeating: .max, count: 6), Array(repeating: 1 << 63, count: 6), [1, 2, 3, 4, 5, 6],
        ]
        self.rows = rows + extremes
    }

    private static func values(near comparisons: [SeccompComparison], isOnly: Bool) -> [UInt64] {
        var values: Set<UInt64> = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32, 1 << 63, .max]
        for comparison in comparisons {
            guard case .masked(_, let value) = comparison.relation else { continue }
            values.formUnion([value, value | 1 << 32, value | 1 << 63, ~value, value &- 1, value + 1])
            // With one argument looked at there is time for every single bit.
            if isOnly { values.formUnion((0..<64).map { value ^ 1 << $0 }) }
        }
        // Flags that programs add to a socket's type, and the types that have no rule of their own.
        if !isOnly { values.formUnion([5, 6, 10, 0x80000, 0x80001, 0x80003, 0x800, 0x80802, 0x80803]) }
        return values.sorted()
    }
}
