import JSON
import Testing

/// A WebSocket client (RFC 6455) that can also break the rules.
final class WebSocketClient: ProtocolClient {
    let passedOver = PassedOver()
    let wire: Wire
    /// The answer to the upgrade: the status line and the header fields.
    let answer: String

    /// Sends `preface` before the handshake, with `key` in it.
    init(
        port: UInt16, path: String = "/", headers: [String] = [], host: String? = nil, preface: String = "",
        key: String = "dGhlIHNhbXBsZSBub25jZQ=="
    ) async throws {
        wire = try Wire(port: port)
        let lines =
            [
                "GET \(path) HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(port)")", "Upgrade: websocket",
                "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(key)",
            ] + headers
        wire.send(preface + lines.joined(separator: "\r\n") + "\r\n\r\n")
        answer = try await wire.read(through: "\r\n\r\n") ?? ""
    }

    var isUpgraded: Bool { answer.hasPrefix("HTTP/1.1 101") }

    func send(_ text: String) throws {
        frame(opcode: 1, Array(text.utf8))
    }

    func leave() {
        frame(opcode: 8, [0x03, 0xE8])
    }

    /// Sends a frame of any kind, masked unless said otherwise.
    func frame(opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true) {
        wire.send(Self.frame(opcode | (isFinal ? 0x80 : 0), payload, key: isMasked ? [1, 2, 3, 4] : nil))
    }

    /// A frame that begins with the byte `first`, masked with `key` unless there is none.
    static func frame(_ first: UInt8, _ payload: [UInt8], key: [UInt8]?) -> [UInt8] {
        var bytes = [first]
        let mask: UInt8 = key == nil ? 0 : 0x80
        switch payload.count {
        case ..<126: bytes.append(UInt8(payload.count) | mask)
        case ..<65536: bytes += [126 | mask, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(127 | mask)
            bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> (8 * $0)) }
        }
        guard let key else { return bytes + payload }
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    /// The next frame of the server, with its opcode; nil at the end of the stream.
    func rawFrame() async throws -> (opcode: UInt8, payload: [UInt8])? {
        guard let head = try await wire.read(2) else { return nil }
        try #require(head[1] & 0x80 == 0, "a server masks nothing")
        var length = Int(head[1])
        if length >= 126 {
            guard let bytes = try await wire.read(length == 126 ? 2 : 8) else { return nil }
            length = bytes.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let payload = try await wire.read(length) else { return nil }
        return (head[0] & 0x0F, payload)
    }

    func hear() async throws -> Heard {
        while let (opcode, payload) = try await rawFrame() {
            switch opcode {
            case 1: return .frame(try JSON(parsing: payload))
            case 8:
                let code = payload.prefix(2).reduce(0) { $0 << 8 | UInt16($1) }
                return .closed(code: code, reason: String(decoding: payload.dropFirst(2), as: UTF8.self))
            default: continue
            }
        }
        return .end
    }
}
