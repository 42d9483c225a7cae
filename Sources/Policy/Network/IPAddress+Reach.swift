extension IPAddress {
    /// Why nobody reaches the address through the proxy who does not name it: it is one of this host, of its network, or of
    /// no host. Nil for an address of the Internet (the registries of RFC 6890).
    public var specialUse: String? {
        switch self {
        case .v4(let bits):
            Self.special4.first { bits >> (32 - $0.length) == $0.prefix >> (32 - $0.length) }?.use
        case .v6(let high, let low):
            if high == 0, low >> 32 == 0xFFFF {
                "an IPv4 address in disguise"
            } else if self == .loopback6 {
                "loopback"
            } else {
                Self.special6.first { high >> (64 - $0.length) == $0.prefix >> (64 - $0.length) }?.use
                    // 2000::/3 is all that has been given to hosts so far (RFC 4291, section 2.4).
                    ?? (high >> 61 == 1 ? nil : "no address of a host")
            }
        }
    }

    private static var special4: [(prefix: UInt32, length: UInt32, use: String)] {
        [
            (0x0000_0000, 8, "this network"), (0x0A00_0000, 8, "private"), (0x6440_0000, 10, "a provider's own"),
            (0x7F00_0000, 8, "loopback"), (0xA9FE_0000, 16, "link-local"), (0xAC10_0000, 12, "private"),
            (0xC000_0000, 24, "for protocols"), (0xC000_0200, 24, "for documentation"),
            (0xC0A8_0000, 16, "private"), (0xC612_0000, 15, "for benchmarks"), (0xC633_6400, 24, "for documentation"),
            (0xCB00_7100, 24, "for documentation"), (0xE000_0000, 4, "multicast"), (0xF000_0000, 4, "reserved"),
        ]
    }

    private static var special6: [(prefix: UInt64, length: UInt64, use: String)] {
        [
            (0x2001_0000_0000_0000, 32, "a tunnel to IPv4"), (0x2001_0010_0000_0000, 28, "no address of a host"),
            (0x2001_0DB8_0000_0000, 32, "for documentation"), (0x2002_0000_0000_0000, 16, "a tunnel to IPv4"),
            (0x3FFF_0000_0000_0000, 20, "for documentation"), (0xFC00_0000_0000_0000, 7, "unique-local"),
            (0xFE80_0000_0000_0000, 10, "link-local"), (0xFF00_0000_0000_0000, 8, "multicast"),
        ]
    }
}
