import Foundation
import Glibc

/// The host's processes, as /proc shows them (proc(5)).
enum Processes {
    /// The fields after the name in /proc/PID/stat: state, parent, and so on.
    static func fields(_ processID: pid_t) -> [Substring]? {
        guard let line = Files.read("/proc/\(processID)/stat"), let end = line.lastIndex(of: ")") else { return nil }
        return line[line.index(after: end)...].split(separator: " ")
    }

    /// All process IDs.
    static var all: [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    }

    static func children(of parent: pid_t) -> [pid_t] {
        all.filter { fields($0)?[1] == "\(parent)" }.sorted()
    }

    /// Everything that descends from `ancestor`.
    static func descendants(of ancestor: pid_t) -> [pid_t] {
        children(of: ancestor).flatMap { [$0] + descendants(of: $0) }
    }

    /// Whether the process is there and no zombie.
    static func isAlive(_ processID: pid_t) -> Bool {
        fields(processID).map { $0[0] != "Z" } ?? false
    }

    /// When it was started, in clock ticks since boot.
    static func startTime(_ processID: pid_t) -> Substring? {
        fields(processID)?[19]
    }

    static func userID(_ processID: pid_t) -> UInt32? {
        Files.read("/proc/\(processID)/status")?.split(separator: "\n").first { $0.hasPrefix("Uid:") }?
            .split(separator: "\t").dropFirst().first.flatMap { UInt32($0) }
    }
}
