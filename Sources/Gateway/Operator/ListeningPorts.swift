import Files
import Policy

/// The TCP ports somebody listens on in this network namespace (proc_pid_net(5)).
enum ListeningPorts {
    /// nil when they cannot be seen.
    static var current: Set<UInt16>? {
        var ports: Set<UInt16>?
        for name in ["tcp", "tcp6"] {
            guard let path = AbsolutePath("/proc/self/net/\(name)"),
                case .some(.some(let text)) = try? DurableFile.read(path, limit: 8 << 20)
            else { continue }
            ports = (ports ?? []).union(listening(in: String(decoding: text, as: UTF8.self)))
        }
        return ports
    }

    /// The local ports of the sockets in state 0A, TCP_LISTEN.
    static func listening(in table: String) -> Set<UInt16> {
        Set(
            table.split(separator: "\n").dropFirst().compactMap { line in
                let fields = line.split(separator: " ")
                guard fields.count > 3, fields[3] == "0A", let port = fields[1].split(separator: ":").last else {
                    return nil
                }
                return UInt16(port, radix: 16)
            })
    }
}
