extension IPAddress {
    /// Why nobody reaches the address through the proxy who does not name it: it is one of this host, of its network, or of
    /// no host. Nil for an address of the Internet. An IPv6 address that stands for an IPv4 address is what that one is.
    public var specialUse: String? {
        if let translated { return translated.specialUse }
        if let use = (isIPv4 ? SpecialAddresses.v4 : SpecialAddresses.v6).first(where: { $0.block.contains(self) })?.use
        {
            return use
        }
        guard case .v6(let high, _) = self, high >> 61 != 1 else { return nil }
        // 2000::/3 is all that has been given to hosts so far (RFC 4291, section 2.4).
        return "no address of a host"
    }

    /// The IPv4 address that an IPv6 address stands for: mapped (RFC 4291, section 2.5.5.2), or under the prefix of a
    /// network's translator (64:ff9b::/96, RFC 6052); nil for any other.
    private var translated: IPAddress? {
        switch self {
        case .v6(0, let low) where low >> 32 == 0xFFFF, .v6(0x0064_FF9B_0000_0000, let low) where low >> 32 == 0:
            .v4(UInt32(truncatingIfNeeded: low))
        default: nil
        }
    }
}
