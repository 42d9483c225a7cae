import Enforcement
import JSON
import Linux
import Policy
import Profiles
import SystemPackage

extension Program {
    /// `denials`: what sandboxes were refused, and how often by each rule.
    func showDenials() throws(LaunchError) {
        let directories = try makeLaunch().directories
        do {
            let profiles =
                arguments.isProfileGiven ? [arguments.options.profile] : try AuditLog.profiles(in: directories)
            var counts: [(rule: String, count: Int64)] = []
            var ends: [(path: AbsolutePath, next: Int)] = []
            for profile in profiles {
                let path = AuditLog.path(of: profile, in: directories)
                if let older = AbsolutePath(path.text + ".1") {
                    try show(AuditLog.lines(of: older, from: 0).lines, &counts)
                }
                let (lines, next) = try AuditLog.lines(of: path, from: 0)
                show(lines, &counts)
                ends.append((path, next))
            }
            if arguments.follows { try follow(&ends) }
            guard !arguments.isJSON else { return }
            if counts.isEmpty { output.print("no denials\n") }
            for (rule, count) in counts.sorted(by: { $0.count > $1.count }) { output.print("\(count)\t\(rule)\n") }
        } catch {
            throw .profile(error)
        }
    }

    /// Shows what is appended, looking every quarter of a second, until a signal ends the program.
    private func follow(_ ends: inout [(path: AbsolutePath, next: Int)]) throws(ProfileError) -> Never {
        var counts: [(rule: String, count: Int64)] = []
        while true {
            for index in ends.indices {
                let (lines, next) = try AuditLog.lines(of: ends[index].path, from: ends[index].next)
                show(lines, &counts)
                ends[index].next = next
            }
            // Interrupted or not, the next look comes.
            _ = try? Readiness.wait(for: [], milliseconds: 250)
        }
    }

    private func show(_ lines: [[UInt8]], _ counts: inout [(rule: String, count: Int64)]) {
        for line in lines {
            guard let record = try? JSON(parsing: line), record["event"]?.string == "denied" else { continue }
            let rule = record["rule"]?.string ?? "?"
            let count = record["count"]?.integer ?? 1
            if let index = counts.firstIndex(where: { $0.rule == rule }) {
                counts[index].count += count
            } else {
                counts.append((rule, count))
            }
            if arguments.isJSON {
                output.print(record.text() + "\n")
            } else {
                let sentence = Denial(json: record).description
                output.print(
                    "\(record["time"]?.string ?? "?") \(record["profile"]?.string ?? "?"): "
                        + sentence.escapingControlCharacters + "\n")
            }
        }
    }
}
