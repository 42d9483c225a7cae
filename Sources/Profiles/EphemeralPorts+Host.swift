import Linux
public import Policy

extension EphemeralPorts {
    /// This host's, from /proc/sys/net/ipv4 (ip(7)); Linux's default where that cannot be read.
    public static var ofHost: EphemeralPorts {
        func text(_ name: String) -> String? {
            (try? FileSystem.read("/proc/sys/net/ipv4/\(name)", limit: 64 << 10)).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        return text("ip_local_port_range").flatMap {
            EphemeralPorts(rangeFile: $0, reservedFile: text("ip_local_reserved_ports") ?? "")
        } ?? .usual
    }

    /// What the two files say: `32768	60999`, and `8080,9000-9100`. Nil when they say something else.
    init?(rangeFile: String, reservedFile: String) {
        let ends = rangeFile.utf8.split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\n") || $0 == 32 }
            .compactMap { UInt16(String(Substring($0))) }
        guard ends.count == 2, ends[0] <= ends[1] else { return nil }
        let reserved = reservedFile.utf8.split { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") }
            .compactMap { part -> ClosedRange<UInt16>? in
                let ends = part.split(separator: UInt8(ascii: "-")).compactMap { UInt16(String(Substring($0))) }
                guard let first = ends.first, let last = ends.last, first <= last else { return nil }
                return first...last
            }
        self.init(range: ends[0]...ends[1], reserved: reserved)
    }
}
