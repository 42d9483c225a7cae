/// IP addresses as text.
public enum IPAddressText {
    /// Whether `text` is an address in 127.0.0.0/8 (also mapped into IPv6) or ::1. A name is none.
    public static func isLoopback(_ text: String) -> Bool {
        let address = normal(text)
        guard address != "::1" else { return true }
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// `text` trimmed, in lower case, an IPv4 address mapped into IPv6 written as the former.
    static func normal(_ text: String) -> String {
        let address = text.drop { $0 == " " }.prefix { $0 != " " }.lowercased()
        return address.hasPrefix("::ffff:") ? String(address.dropFirst("::ffff:".count)) : address
    }

    /// The first 64 bits of an IPv6 address, written in full groups; any other text as it is.
    static func network(_ text: String) -> String {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count > 2 else { return text }
        var groups: [Substring] = []
        for group in halves {
            // `::` stands for as many zero groups as are missing.
            if group.isEmpty, !groups.isEmpty { break }
            groups.append(group.isEmpty ? "0" : group)
            if groups.count == 4 { break }
        }
        while groups.count < 4 { groups.append("0") }
        return groups.joined(separator: ":") + "::/64"
    }

    /// `text` without the port that proxies append to an address.
    static func withoutPort(_ text: String) -> String {
        let address = normal(text)
        if address.hasPrefix("[") { return String(address.dropFirst().prefix { $0 != "]" }) }
        return address.split(separator: ":", omittingEmptySubsequences: false).count == 2
            ? String(address.prefix { $0 != ":" }) : address
    }
}
