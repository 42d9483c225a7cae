import Glibc

/// A client that has said hello.
final class Connection {
    let descriptor: Int32
    private var input: [UInt8] = []
    private var last: [UInt8] = []
    /// The answer that `receive` saw last.
    var lastAnswer: String { String(decoding: last, as: UTF8.self) }
    private var buffer = [UInt8](repeating: 0, count: 65536)

    /// Connects to the loopback port, upgrades, and goes through the handshake of protocol 3.
    init(port: UInt16, token: String) throws(LoadError) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw .system("connect", errno) }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        let upgrade = [
            "GET / HTTP/1.1", "Host: 127.0.0.1:\(port)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
        ]
        try send(Array(upgrade.joined(separator: "\r\n").utf8), times: 1)
        try skipHead()
        _ = try next("connect.challenge")
        let client = #"{"id":"cli","version":"1","platform":"linux","mode":"cli"}"#
        let params = #"{"minProtocol":3,"maxProtocol":3,"client":\#(client),"auth":{"token":"\#(token)"}}"#
        let hello = WebSocketFrame.text(#"{"type":"req","id":"c","method":"connect","params":\#(params)}"#)
        try send(hello, times: 1)
        let answer = try next(#""id":"c""#)
        guard answer.contains(#""ok":true"#) else { throw .server("refused: \(answer)") }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8], times: Int) throws(LoadError) {
        let all = times == 1 ? bytes : Array(repeatElement(bytes, count: times).joined())
        let count = Glibc.send(descriptor, all, all.count, Int32(MSG_NOSIGNAL))
        guard count == all.count else { throw .system("send", errno) }
    }

    /// Reads once, and returns how many answers came; events are passed over, and pings answered.
    func receive() throws(LoadError) -> Int {
        try read()
        var answers = 0
        var rest = input[...]
        while let frame = WebSocketFrame.first(of: rest) {
            rest = rest[frame.payload.endIndex...]
            switch frame.opcode {
            case 1 where frame.payload.starts(with: #"{"type":"res""#.utf8):
                answers += 1
                if frame.payload.endIndex == input.endIndex { last = Array(frame.payload) }
            case 1: break
            case 9: try send(WebSocketFrame.masked(opcode: 10, Array(frame.payload)), times: 1)
            default: throw .server("frame with opcode \(frame.opcode)")
            }
        }
        input.removeSubrange(..<rest.startIndex)
        return answers
    }

    private func read() throws(LoadError) {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw count == 0 ? .server("the server closed the connection") : .system("recv", errno) }
        input.append(contentsOf: buffer[..<count])
    }

    /// Reads past the head of the answer to the upgrade.
    private func skipHead() throws(LoadError) {
        let end: [UInt8] = [13, 10, 13, 10]
        while true {
            if input.count >= 4 {
                for start in 0...input.count - 4 where input[start..<start + 4].elementsEqual(end) {
                    guard input.starts(with: "HTTP/1.1 101".utf8) else {
                        throw .server(String(decoding: input, as: UTF8.self))
                    }
                    input.removeSubrange(..<(start + 4))
                    return
                }
            }
            try read()
        }
    }

    /// The next text frame that contains `text`.
    private func next(_ text: String) throws(LoadError) -> String {
        while true {
            while let frame = WebSocketFrame.first(of: input[...]) {
                let payload = String(decoding: frame.payload, as: UTF8.self)
                input.removeSubrange(..<frame.payload.endIndex)
                guard frame.opcode == 1 else { throw .server("frame with opcode \(frame.opcode): \(payload)") }
                if payload.contains(text) { return payload }
            }
            try read()
        }
    }
}
