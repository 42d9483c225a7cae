import Glibc
import Linux
import Policy

/// The ssh command that brings a port of this host's loopback to the machine somebody sits at.
struct Tunnel: Equatable {
    /// What to type there.
    let command: String

    /// The one to `port`, where `environment` tells of no display; nil where a browser can be opened here.
    static func needed(to port: UInt16, by environment: [String: String]) -> Tunnel? {
        func isSet(_ name: String) -> Bool { environment[name]?.isEmpty == false }
        guard !isSet("DISPLAY"), !isSet("WAYLAND_DISPLAY") else { return nil }
        return Tunnel(to: port, environment)
    }

    private init(to port: UInt16, _ environment: [String: String]) {
        // Client address and port, server address and port (ssh(1), ENVIRONMENT): by which they came here already.
        let connection = (environment["SSH_CONNECTION"] ?? "").split(separator: " ").map(String.init)
        var words = ["ssh", "-L", "\(port):127.0.0.1:\(port)", "-N"]
        if connection.count == 4, let server = UInt16(connection[3]), server != 22 { words += ["-p", "\(server)"] }
        let address = connection.count == 4 ? IPAddress(connection[2])?.description : nil
        let host = address ?? Self.word(OwnProcess.hostName) ?? "HOST"
        words.append("\(Self.userName(environment) ?? "USER")@\(host)")
        command = words.joined(separator: " ")
    }

    /// Who signed in on this host, also where root gives the command for them.
    private static func userName(_ environment: [String: String]) -> String? {
        let names = ["SUDO_USER", "LOGNAME", "USER"].compactMap { environment[$0] }
        return names.lazy.compactMap(word).first ?? (try? UserDatabase.user(id: getuid())).flatMap { word($0.name) }
    }

    /// `text`, when a shell takes it for a word and ssh for no option.
    private static func word(_ text: String) -> String? {
        let isWord = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._".utf8.contains(byte)
            }
        }
        return isWord && !text.isEmpty && !text.hasPrefix("-") ? text : nil
    }
}
