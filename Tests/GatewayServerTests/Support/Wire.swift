import Dispatch
import Glibc
import Testing

/// A TCP connection to 127.0.0.1, byte by byte. Reads wait at most half a minute, and hold up no other task: the
/// gateway in the same process may need that very thread to answer.
final class Wire {
    private let descriptor: Int32
    private var buffered: [UInt8] = []

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    deinit {
        close(descriptor)
    }

    /// Sends what the other end will take. One that closed takes nothing, which is for the reader to see.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    /// Sends nothing more.
    func finish() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// The next `count` bytes; nil at the end of the stream.
    func read(_ count: Int) async throws -> [UInt8]? {
        while buffered.count < count {
            guard try await fill() else { return nil }
        }
        defer { buffered.removeFirst(count) }
        return Array(buffered.prefix(count))
    }

    /// Text up to and with `end`; nil when the stream ends first.
    func read(through end: String) async throws -> String? {
        let end = Array(end.utf8)
        while true {
            if let start = buffered.indices.first(where: { buffered[$0...].starts(with: end) }) {
                let count = start + end.count
                defer { buffered.removeFirst(count) }
                return String(decoding: buffered.prefix(count), as: UTF8.self)
            }
            guard try await fill() else { return nil }
        }
    }

    /// Reads `count` bytes and forgets them; false when the stream ends first.
    func skip(_ count: Int) async throws -> Bool {
        var left = count - buffered.count
        if left < 0 {
            buffered.removeFirst(count)
            return true
        }
        while left > 0 {
            buffered = []
            guard try await fill() else { return false }
            left -= buffered.count
        }
        buffered = Array(buffered.suffix(-left))
        return true
    }

    /// Everything up to the end of the stream.
    func readToEnd() async throws -> [UInt8] {
        while try await fill() {}
        defer { buffered = [] }
        return buffered
    }

    private func fill() async throws -> Bool {
        let (chunk, error) = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [descriptor] in
                var chunk = [UInt8](repeating: 0, count: 64 << 10)
                let count = recv(descriptor, &chunk, chunk.count, 0)
                continuation.resume(returning: (chunk.prefix(max(0, count)), count < 0 ? errno : 0))
            }
        }
        // A reset is an end too.
        if error == ECONNRESET { return false }
        try #require(error == 0, "nothing came within half a minute")
        buffered += chunk
        return !chunk.isEmpty
    }
}
