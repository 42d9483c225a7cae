public import Policy
import Text

extension IPAddress {
    /// The address in an element of `X-Forwarded-For`, or in `X-Real-IP`: proxies append the port to it, and then write
    /// an IPv6 address in brackets. Nil for anything else, such as `unknown`. An address mapped into IPv6 is the IPv4
    /// address it stands for.
    init?(forwarded text: some StringProtocol) {
        let text = String(text).trimmed
        let address: Substring
        if text.hasPrefix("[") {
            let parts = text.dropFirst().split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].isEmpty || Self.isPort(parts[1]) else { return nil }
            address = parts[0]
        } else if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard Self.isPort(":" + parts[1]) else { return nil }
            address = parts[0]
        } else {
            address = text[...]
        }
        guard let parsed = IPAddress(String(address)) else { return nil }
        self = parsed.unmapped
    }

    private static func isPort(_ text: some StringProtocol) -> Bool {
        text.hasPrefix(":") && UInt16(text.dropFirst()) != nil
    }

    /// What a host in this network shares with its neighbours, as text: the address of IPv4; the first 64 bits of IPv6,
    /// in which a host has as many addresses as it likes. All of loopback is one: whoever is on this host can take any
    /// address of 127.0.0.0/8.
    public var accountable: String {
        switch self {
        case _ where isLoopback: "loopback"
        case .v4: description
        case .v6(let high, _): "\(IPAddress.v6(high: high, low: 0))/64"
        }
    }
}
