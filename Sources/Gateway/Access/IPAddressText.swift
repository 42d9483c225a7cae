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

    /// `text` without the port that proxies append to an address.
    static func withoutPort(_ text: String) -> String {
        let address = normal(text)
        if address.hasPrefix("[") { return String(address.dropFirst().prefix { $0 != "]" }) }
        return address.split(separator: ":").count == 2 ? String(address.prefix { $0 != ":" }) : address
    }
}
