/// What the host's own files say about names: hosts(5) and resolv.conf(5).
public struct NameFiles: Sendable {
    /// The addresses of names, in the file's order.
    public var hosts: [(name: String, address: IPAddress)] = []
    /// The name servers, at most three.
    public var servers: [IPAddress] = []

    /// Reads both files' content. Lines that cannot be read are left out, as they always have been.
    public init(hosts: String, resolverConfiguration: String) {
        for words in Self.lines(hosts) {
            guard let address = words.first.flatMap({ IPAddress(String($0)) }) else { continue }
            for name in words.dropFirst() { self.hosts.append((name.lowercased(), address)) }
        }
        for words in Self.lines(resolverConfiguration) where words.count > 1 && words[0] == "nameserver" {
            // A zone after "%" names an interface; what needs one is no server for others.
            if let address = IPAddress(String(words[1])), servers.count < 3 { servers.append(address) }
        }
        // resolv.conf(5): without one it is this machine.
        if servers.isEmpty { servers = [.loopback4] }
    }

    /// The addresses that hosts(5) gives `name`.
    public func addresses(of name: HostText) -> [IPAddress] {
        hosts.filter { $0.name == name.text }.map(\.address)
    }

    private static func lines(_ text: String) -> [[Substring]] {
        text.split(separator: "\n").map { line in
            line.prefix { $0 != "#" && $0 != ";" }.split { $0 == " " || $0 == "\t" }
        }
    }
}
