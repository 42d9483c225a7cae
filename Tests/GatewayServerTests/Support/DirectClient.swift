import Gateway
import JSON
import Synchronization

@testable import GatewayProtocol

/// A client in the same process: the protocol without a socket.
final class DirectClient: ProtocolClient {
    private final class Transport: ClientTransport {
        let heard: AsyncStream<Heard>
        let continuation: AsyncStream<Heard>.Continuation

        init() {
            (heard, continuation) = AsyncStream.makeStream()
        }

        func send(_ text: [UInt8], isDroppable: Bool) {
            guard let json = try? JSON(parsing: text) else { return }
            continuation.yield(.frame(json))
        }

        func close(_ reason: CloseReason) {
            continuation.yield(.closed(code: reason.code, reason: reason.text))
            continuation.finish()
        }
    }

    let passedOver = PassedOver()
    private let transport = Transport()
    private let connection: Connection?

    init(gateway: Gateway, origin: RequestOrigin) {
        connection = gateway.connect(from: origin, transport: transport)
    }

    func send(_ text: String) {
        Array(text.utf8).withUnsafeBufferPointer { connection?.receive($0) }
    }

    func leave() {
        connection?.closed()
    }

    /// Waits at most thirty seconds, as a socket's reader does.
    func hear() async -> Heard {
        let end = Task { [transport] in
            try await Task.sleep(for: .seconds(30))
            transport.continuation.finish()
        }
        defer { end.cancel() }
        for await heard in transport.heard { return heard }
        return .end
    }
}
