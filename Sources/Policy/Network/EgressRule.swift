/// A place that a sandbox with a network of its own may reach through its proxy: an entry of the profile's `egress`.
public struct EgressRule: Equatable, Sendable {
    /// Which hosts are meant.
    public enum Host: Equatable, Sendable {
        /// The host of this name.
        case name(HostText)
        /// Every host whose name ends in a dot and this name.
        case subdomains(of: HostText)
        /// The host at this address, whatever names lead to it.
        case address(IPAddress)
    }

    /// The hosts that may be connected to.
    public var host: Host
    /// The TCP port.
    public var port: UInt16

    /// The rule written as `HOST:PORT`: a name, a name after `*.`, an IPv4 address, or an IPv6 address in brackets. Nil
    /// for anything else.
    public init?(_ text: String) {
        let isWild = text.hasPrefix("*.")
        guard let (host, port) = HostText.split(isWild ? String(text.dropFirst(2)) : text) else { return nil }
        self.port = port
        switch host {
        case .address(let address) where !isWild: self.host = .address(address.unmapped)
        case .address: return nil
        case .name(let name): self.host = isWild ? .subdomains(of: name) : .name(name)
        }
    }

    /// Whether a connection to `name` may be made, at an address that everybody may reach.
    func permits(_ name: HostText, _ port: UInt16) -> Bool {
        guard port == self.port else { return false }
        switch host {
        case .name(let own): return name == own
        case .subdomains(let parent):
            return name.text.utf8.count > parent.text.utf8.count + 1
                && name.text.hasSuffix(".\(parent.text)")
        case .address: return false
        }
    }

    /// Whether a connection to this very address may be made.
    func permits(_ address: IPAddress, _ port: UInt16) -> Bool {
        self.port == port && host == .address(address.unmapped)
    }
}

extension EgressRule: CustomStringConvertible {
    /// The rule as a profile file names it.
    public var description: String {
        switch host {
        case .name(let name): "\(name.text):\(port)"
        case .subdomains(let parent): "*.\(parent.text):\(port)"
        case .address(let address): address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
        }
    }
}
