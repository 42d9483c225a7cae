import Crypto
import Foundation
import JSON
import Synchronization
import Testing

/// Somebody who listens on a port of 127.0.0.1, upgrades whoever comes to a WebSocket as a gateway does, and keeps what
/// is sent after that. Says nothing itself, or one and the same to every request.
final class Impostor: Sendable {
    private let listener: Int32
    /// The user whom accepted connections are given to; nil leaves them as they are.
    private let connectionOwner: UInt32?
    /// What it answers; nil when it does not.
    private let payload: JSON?
    private let heard = Mutex<[UInt8]>([])
    private let connections = Mutex(0)

    /// Listens on `port`. The socket is given to `owner`, and each connection to `connectionOwner`: the kernel counts
    /// who owns the descriptor (fchown(2)). Each request is answered `payload`, if there is one.
    init(port: UInt16, owner: UInt32? = nil, connectionOwner: UInt32? = nil, answering payload: JSON? = nil) throws {
        self.payload = payload
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(listener >= 0)
        // Also where another has just gone (socket(7), SO_REUSEADDR).
        var isReused: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
        self.connectionOwner = connectionOwner
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafeBytes(of: address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                bind(listener, $0.baseAddress, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        try #require(isBound && listen(listener, 16) == 0)
        if let owner { try #require(fchown(listener, owner, owner) == 0) }
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 { serve(connection) }
        }
    }

    /// How many came.
    var visitors: Int { connections.withLock { $0 } }
    /// Everything they sent after the upgrade, with the masks of RFC 6455 taken off.
    var text: String { heard.withLock { String(decoding: $0, as: UTF8.self) } }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Foundation.close(listener)
    }

    private func serve(_ connection: Int32) {
        connections.withLock { $0 += 1 }
        if let connectionOwner { fchown(connection, connectionOwner, connectionOwner) }
        let request = String(decoding: read(connection), as: UTF8.self)
        let line = request.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key:") }
        let key = line?.split(separator: " ").last.map(String.init) ?? ""
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        let answer =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + "\(Data(digest).base64EncodedString())\r\n\r\n"
        _ = send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
        while case let bytes = read(connection), !bytes.isEmpty {
            let text = Self.unmasked(bytes)
            heard.withLock { $0 += text }
            reply(to: text, connection)
        }
        Foundation.close(connection)
    }

    private func reply(to text: [UInt8], _ connection: Int32) {
        guard let payload, let id = (try? JSON(parsing: text))?["id"] else { return }
        let answer: JSON = ["type": "res", "id": id, "ok": true, "payload": payload]
        let frame = WebSocketClient.frame(0x81, answer.serialized(), key: nil)
        _ = send(connection, frame, frame.count, Int32(MSG_NOSIGNAL))
    }

    private func read(_ connection: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(connection, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }

    /// The payload of the frame `bytes` begin with, as far as they go.
    private static func unmasked(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > 6 else { return bytes }
        let start = bytes[1] & 0x7F == 126 ? 4 : 2
        guard bytes.count > start + 4 else { return bytes }
        let mask = bytes[start..<start + 4].map(\.self)
        return bytes[(start + 4)...].enumerated().map { $1 ^ mask[$0 % 4] }
    }
}
