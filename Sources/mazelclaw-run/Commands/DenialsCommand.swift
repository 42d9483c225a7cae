import Enforcement
import JSON
import Linux
import Policy
import Profiles
import SystemPackage

extension Program {
    /// `denials`: what sandboxes were refused, and how often by each rule; and what came of grants for repairs.
    func showDenials() throws(LaunchError) {
        let directories = try makeCaller().directories
        do {
            let profiles =
                arguments.isProfileGiven ? [arguments.options.profile] : try AuditLog.profiles(in: directories)
            var counts: [(rule: String, count: Int64)] = []
            var readers = profiles.flatMap { profile in
                AuditLog.Part.allCases.map { AuditReader(of: profile, $0, in: directories) }
            }
            for index in readers.indices { try show(readers[index].next(), &counts) }
            if arguments.follows { try follow(&readers) }
            guard !arguments.isJSON else { return }
            if counts.isEmpty { output.print("no denials\n") }
            for (rule, count) in counts.sorted(by: { $0.count > $1.count }) { output.print("\(count)\t\(rule)\n") }
        } catch {
            throw .profile(error)
        }
    }

    /// Shows what is appended, looking every quarter of a second, until a signal ends the program.
    private func follow(_ readers: inout [AuditReader]) throws(ProfileError) -> Never {
        var counts: [(rule: String, count: Int64)] = []
        while true {
            for index in readers.indices { try show(readers[index].next(), &counts) }
            // Interrupted or not, the next look comes.
            _ = try? Readiness.wait(for: [], milliseconds: 250)
        }
    }

    private func show(_ lines: [[UInt8]], _ counts: inout [(rule: String, count: Int64)]) {
        for line in lines {
            guard let record = try? JSON(parsing: line) else { continue }
            guard record["event"]?.string == "denied" else {
                if record["event"]?.string == "repair" { showRepair(record) }
                continue
            }
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

    private func showRepair(_ record: JSON) {
        guard !arguments.isJSON else { return output.print(record.text() + "\n") }
        output.print(
            "\(record["time"]?.string ?? "?") \(record["profile"]?.string ?? "?"): repair: "
                + (record["text"]?.string ?? "?").escapingControlCharacters + "\n")
    }
}
