import Gateway
import JSON
import Synchronization

/// A client in the same process: the protocol without a socket.
final class DirectClient: ProtocolClient {
    private final class Transport: ClientTransport {
        private let queue = Mutex<[Heard]>([])

        func send(_ text: [UInt8], isDroppable: Bool) {
            guard let json = try? JSON(parsing: text) else { return }
            queue.withLock { $0.append(.frame(json)) }
        }

        func close(_ reason: CloseReason) {
            queue.withLock { $0.append(.closed(code: reason.code, reason: reason.text)) }
        }

        func next() -> Heard {
            queue.withLock { $0.isEmpty ? .end : $0.removeFirst() }
        }
    }

    private let transport = Transport()
    private let connection: Connection?

    init(gateway: Gateway, origin: RequestOrigin) {
        connection = gateway.connect(from: origin, transport: transport)
    }

    func send(_ text: String) {
        Array(text.utf8).withUnsafeBufferPointer { connection?.receive($0) }
    }

    func hear() -> Heard {
        transport.next()
    }
}
