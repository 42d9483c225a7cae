/// A message to a service manager: assignments, one a line (sd_notify(3)).
public struct ServiceNotification: Equatable, Sendable {
    /// What may be told.
    public enum Assignment: Equatable, Sendable {
        /// Started, or done reloading.
        case ready
        case reloading
        case stopping
        /// One line for people.
        case status(String)
        /// The watchdog's pet.
        case watchdog
        /// Asks for what a watchdog that ran out would do.
        case watchdogTrigger
        /// When the reload began (CLOCK_MONOTONIC); goes with `reloading`.
        case monotonic(microseconds: UInt64)
        case extendTimeout(microseconds: UInt64)
        case errno(Int32)
        case exitStatus(UInt8)
    }

    /// The assignments, in order.
    public var assignments: [Assignment]

    /// A message.
    public init(_ assignments: Assignment...) {
        self.assignments = assignments
    }

    /// The largest message a service manager takes, in bytes; systemd ignores larger ones.
    public static let limit = 4096

    /// The largest status that is sent, in bytes; all else of a message fits beside it. A longer one is cut.
    public static let statusLimit = 1024

    /// The message as it is sent: printable, whatever a status holds.
    public var bytes: [UInt8] { Array(assignments.map(\.description).joined(separator: "\n").utf8) }
}

extension ServiceNotification {
    /// What of a payload's datagram may be passed on in another's name; nil when nothing may.
    ///
    /// Only known assignments with a value of their kind, each once. Which process is the main one, and everything
    /// that goes with a descriptor (MAINPID, FDSTORE, BARRIER, …), is not the payload's to say. A status is marked as
    /// the payload's word. A datagram above `limit` or with NUL inside is dropped whole.
    public init?(relaying datagram: [UInt8]) {
        // One NUL at the end is some programs' habit.
        let text = datagram.last == 0 ? datagram.dropLast() : datagram[...]
        guard text.count <= Self.limit, !text.contains(0) else { return nil }
        assignments = []
        var names: [String] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: line[..<equals], as: UTF8.self)
            guard !names.contains(name), let assignment = Assignment(relaying: name, line[(equals + 1)...]) else {
                continue
            }
            names.append(name)
            assignments.append(assignment)
        }
        // Told apart from the reload it belongs to, the time says nothing.
        if !assignments.contains(.reloading) {
            assignments.removeAll { if case .monotonic = $0 { true } else { false } }
        }
        guard !assignments.isEmpty else { return nil }
    }
}

extension ServiceNotification.Assignment {
    fileprivate init?(relaying name: String, _ bytes: ArraySlice<UInt8>) {
        let value = String(decoding: bytes, as: UTF8.self)
        switch (name, value) {
        case ("READY", "1"): self = .ready
        case ("RELOADING", "1"): self = .reloading
        case ("STOPPING", "1"): self = .stopping
        case ("WATCHDOG", "1"): self = .watchdog
        case ("WATCHDOG", "trigger"): self = .watchdogTrigger
        case ("STATUS", _):
            self = .status("payload: " + value)
        case ("MONOTONIC_USEC", _):
            guard let time = UInt64(value) else { return nil }
            self = .monotonic(microseconds: time)
        case ("EXTEND_TIMEOUT_USEC", _):
            guard let time = UInt64(value) else { return nil }
            self = .extendTimeout(microseconds: time)
        case ("ERRNO", _):
            guard let number = Int32(value), number >= 0 else { return nil }
            self = .errno(number)
        case ("EXIT_STATUS", _):
            guard let code = UInt8(value) else { return nil }
            self = .exitStatus(code)
        default: return nil
        }
    }
}

extension ServiceNotification.Assignment: CustomStringConvertible {
    /// The assignment as it is sent. Numbers are written anew: whatever form a payload gave them is gone.
    public var description: String {
        switch self {
        case .ready: "READY=1"
        case .reloading: "RELOADING=1"
        case .stopping: "STOPPING=1"
        case .status(let text):
            "STATUS=" + text.escapingControlCharacters.cut(to: ServiceNotification.statusLimit)
        case .watchdog: "WATCHDOG=1"
        case .watchdogTrigger: "WATCHDOG=trigger"
        case .monotonic(let time): "MONOTONIC_USEC=\(time)"
        case .extendTimeout(let time): "EXTEND_TIMEOUT_USEC=\(time)"
        case .errno(let number): "ERRNO=\(number)"
        case .exitStatus(let code): "EXIT_STATUS=\(code)"
        }
    }
}

extension String {
    /// At most `limit` bytes of the text; `...` stands for the rest.
    fileprivate func cut(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit - 3)
        // Not between the bytes of one scalar (RFC 3629).
        while utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return String(self[..<end]) + "..."
    }
}
