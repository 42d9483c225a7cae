/// TCP ports from 1024 on that browsers refuse to open (Fetch Standard, "port blocking").
public enum BlockedPorts {
    /// The ports, ascending.
    public static let all: [UInt16] = [
        1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
        10080,
    ]

    /// The lowest of `ports` that browsers refuse to open; nil when they open all of them.
    public static func first(in ports: PortSet) -> UInt16? { all.first(where: ports.contains) }
}
