import Policy

/// What the proxy refused, as it tells the supervisor.
struct ProxyRefusal {
    let rule: String
    /// Where the program wanted to go: `HOST:PORT`.
    let destination: String
    let remedy: String

    init(rule: String, destination: String, remedy: String) {
        self.rule = rule
        self.destination = destination
        self.remedy = remedy
    }

    /// Reads a message; nil for one that is none.
    init?(bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard parts.count == 3 else { return nil }
        self.init(rule: parts[0], destination: parts[1], remedy: parts[2])
    }

    /// The message: the three texts with NUL between them.
    var bytes: [UInt8] {
        Array([rule, destination, remedy].joined(separator: "\0").utf8)
    }

    /// The record. Which process asked the proxy does not tell: it sees connections.
    func denial(at time: Int64) -> Denial {
        Denial(
            time: time, processID: 0, processIDInside: 0, program: "a program inside",
            act: "connect \(destination)/tcp", rule: rule, errno: "HTTP 403", remedy: remedy)
    }
}
