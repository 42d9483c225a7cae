/// Combinations of the values of several factors, few of them, in which each two values of two factors meet.
struct Pairs {
    /// For each row the number of a value of each factor.
    let rows: [[Int]]

    private struct Pair: Hashable {
        let first: (factor: Int, value: Int)
        let second: (factor: Int, value: Int)

        init(_ one: (factor: Int, value: Int), _ other: (factor: Int, value: Int)) {
            (first, second) = one.factor < other.factor ? (one, other) : (other, one)
        }

        static func == (one: Pair, other: Pair) -> Bool { one.first == other.first && one.second == other.second }

        func hash(into hasher: inout Hasher) {
            for number in [first.factor, first.value, second.factor, second.value] { hasher.combine(number) }
        }
    }

    /// Rows for factors with so many values each. Greedy: a row begins with a pair that is still to come, and takes of
    /// each further factor the value that makes the most such pairs with what it has.
    init(valueCounts: [Int]) {
        let factors = valueCounts.indices
        var open = Set<Pair>()
        for first in factors {
            for second in factors where first < second {
                for value in 0..<valueCounts[first] {
                    for other in 0..<valueCounts[second] { open.insert(Pair((first, value), (second, other))) }
                }
            }
        }
        var rows: [[Int]] = []
        // In one order for all runs: what fails once must fail again.
        let order = open.sorted { one, other in
            [one.first.factor, one.second.factor, one.first.value, one.second.value].lexicographicallyPrecedes(
                [other.first.factor, other.second.factor, other.first.value, other.second.value])
        }
        for start in order where open.contains(start) {
            var chosen = [start.first.factor: start.first.value, start.second.factor: start.second.value]
            for factor in factors where chosen[factor] == nil {
                let gains = (0..<valueCounts[factor]).map { value in
                    chosen.count { open.contains(Pair(($0.key, $0.value), (factor, value))) }
                }
                chosen[factor] = gains.indices.max { gains[$0] < gains[$1] }
            }
            let row = factors.map { chosen[$0] ?? 0 }
            for first in factors {
                for second in factors where first < second {
                    open.remove(Pair((first, row[first]), (second, row[second])))
                }
            }
            rows.append(row)
        }
        self.rows = rows
    }
}
