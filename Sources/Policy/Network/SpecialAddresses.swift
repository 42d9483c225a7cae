/// The blocks of addresses that are none of a host on the Internet, each with its use: the one table that the proxy and
/// what it looks up by name go by.
///
/// Source: IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates), of which the blocks are
/// named that are not for hosts everywhere, and of those that are (AS112, AMT, anycast for protocols) too: no program
/// needs them by name. The last lines of each list name what the registries leave out.
enum SpecialAddresses {
    /// The blocks of IPv4.
    static let v4: [(block: AddressBlock, use: String)] = blocks([
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "a provider's own"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.31.196.0/24", "for protocols"),
        ("192.52.193.0/24", "for protocols"),
        ("192.88.99.0/24", "a tunnel to IPv6"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "for protocols"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("240.0.0.0/4", "reserved"),
        // IANA's IPv4 Multicast Address Space Registry (RFC 5771).
        ("224.0.0.0/4", "multicast"),
        // Azure's wire server: it tells a machine its secrets, at an address of the Internet that every machine there
        // reaches (learn.microsoft.com, "What is IP address 168.63.129.16?").
        ("168.63.129.16/32", "a cloud's own"),
    ])

    /// The blocks of IPv6, but for those that hold an IPv4 address, of which `IPAddress.translated` is asked first.
    static let v6: [(block: AddressBlock, use: String)] = blocks([
        ("::1/128", "loopback"),
        ("::/128", "this network"),
        ("64:ff9b:1::/48", "a translation to IPv4"),
        ("100::/64", "discarded"),
        ("100:0:0:1::/64", "discarded"),
        ("2001::/32", "a tunnel to IPv4"),
        ("2001::/23", "for protocols"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "a tunnel to IPv4"),
        ("2620:4f:8000::/48", "for protocols"),
        ("3fff::/20", "for documentation"),
        ("5f00::/16", "for segment routing"),
        ("fc00::/7", "unique-local"),
        ("fe80::/10", "link-local"),
        // RFC 3879 took these out of use; RFC 4291, sections 2.5.5.1 and 2.7.
        ("fec0::/10", "site-local"),
        ("::/96", "an IPv4 address in an old form"),
        ("ff00::/8", "multicast"),
    ])

    private static func blocks(_ table: [(text: String, use: String)]) -> [(block: AddressBlock, use: String)] {
        table.map { entry in
            guard let block = AddressBlock(entry.text) else { preconditionFailure("\(entry.text) is no block") }
            return (block, entry.use)
        }
    }
}

/// The addresses that begin with the same bits (RFC 4632, RFC 4291).
struct AddressBlock: Equatable, Sendable {
    private let first: IPAddress
    private let length: UInt64

    /// The block written as `address/length`; nil for anything else, an address with more bits than `length` among it.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = IPAddress(String(parts[0])), let length = UInt64(parts[1]),
            length <= (first.isIPv4 ? 32 : 128)
        else { return nil }
        self.first = first
        self.length = length
        guard first == Self.prefix(of: first, length) else { return nil }
    }

    /// Whether `address` is one of them. One of the other kind is not.
    func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == first.isIPv4 && Self.prefix(of: address, length) == first
    }

    /// The address with all bits after the first `length` cleared.
    private static func prefix(of address: IPAddress, _ length: UInt64) -> IPAddress {
        // A shift by the whole width or more leaves nothing (BinaryInteger, smart shift).
        func mask(_ length: UInt64) -> UInt64 { ~(UInt64.max >> length) }
        switch address {
        case .v4(let bits): return .v4(bits & ~(UInt32.max >> UInt32(length)))
        case .v6(let high, let low):
            return .v6(high: high & mask(min(length, 64)), low: low & mask(max(length, 64) - 64))
        }
    }
}
