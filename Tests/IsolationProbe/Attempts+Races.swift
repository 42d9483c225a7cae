import CProbe
import Glibc

/// N: what another thread changes while the broker decides.
extension AttemptTable {
    mutating func addRaces() {
        let base = facts.basePort
        let tries: Int32 = 10_000
        add("N28", "bind while two threads change port and address, 10,000 times", apart: true) {
            var race = probe_race()
            probe_race_addresses(base, tries, &race)
            return Self.outcome(of: race)
        }
        for (name, kind) in [
            ("listen on a Unix socket that is swapped for a TCP one", PROBE_LISTEN),
            ("bind a Unix socket that is swapped for a TCP one", PROBE_BIND),
            ("bind a TCP socket that is swapped for one with SO_REUSEPORT", PROBE_SHARED_PORT),
        ] {
            add("N29", "\(name), 10,000 times", apart: true) {
                var race = probe_race()
                guard probe_race_descriptors(Int32(kind), base, tries, &race) == 0 else {
                    return .refused(errno)
                }
                return Self.outcome(of: race)
            }
        }
    }

    /// The wins. Where one of the two never came to be tried there was no race, and that is no proof of anything.
    private static func outcome(of race: probe_race) -> Outcome {
        guard race.permitted > 0, race.refused > 0 else {
            return .permitted(
                value: "no race: \(race.permitted) permitted, \(race.refused) refused, \(race.other) other")
        }
        return .permitted(value: "\(race.wins) wins")
    }
}
