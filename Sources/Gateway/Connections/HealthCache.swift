import JSON
import Synchronization

/// The last health report, so that those who ask often cost little.
final class HealthCache: Sendable {
    /// A report and its number.
    struct Report: Sendable {
        var json: JSON
        var version: Int64
        /// Milliseconds since 1970.
        var time: Int64
    }

    /// How old a report may be that is still told, in milliseconds.
    static let lifetime: Int64 = 60 * 1000

    private let report = Mutex<Report?>(nil)

    /// The last report's number; 0 before the first.
    var version: Int64 { report.withLock { $0?.version ?? 0 } }

    /// The last report, unless it is too old at `time`, or there is none.
    func report(at time: Int64) -> Report? {
        report.withLock { report in
            guard let report, time - report.time < Self.lifetime, time >= report.time else { return nil }
            return report
        }
    }

    /// Keeps a new report, made at `time`.
    func keep(_ json: JSON, at time: Int64) -> Report {
        report.withLock { report in
            let new = Report(json: json, version: (report?.version ?? 0) + 1, time: time)
            report = new
            return new
        }
    }
}
