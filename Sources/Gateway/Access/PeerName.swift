import Policy

/// Who connections are counted for.
public enum PeerName {
    /// The peer at the address `text`: the host, of an IPv6 address the network, and all of loopback is one.
    public static func of(_ text: String) -> String { IPAddress(text)?.unmapped.accountable ?? text }
}
