import DevTools
import Glibc
import NIOCore
import NIOPosix
import Synchronization

// The WebSocket of the DevTools client, which sends back what comes: what `make autobahn` has talk to a fuzzing server. Its
// argument is the server's port.

/// Takes the messages of one connection.
private final class Echo: MessageReceiver {
    private let channel = Mutex<(any Channel)?>(nil)
    private let early = Mutex<[[UInt8]]>([])
    let first: EventLoopPromise<[UInt8]>
    private let returns: Bool

    init(_ first: EventLoopPromise<[UInt8]>, returns: Bool) { (self.first, self.returns) = (first, returns) }

    var hasRoom: Bool { true }
    func opened(resume: @escaping @Sendable () -> Void) {}

    func receive(_ text: UnsafeBufferPointer<UInt8>) throws(DevToolsError) {
        let bytes = Array(text)
        first.succeed(bytes)
        guard returns else { return }
        guard let channel = channel.withLock({ $0 }) else { return early.withLock { $0.append(bytes) } }
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func ended(_ reason: DevToolsError) { first.fail(reason) }

    /// Sends back over `channel`, what came already first.
    func send(over channel: any Channel) {
        self.channel.withLock { $0 = channel }
        for bytes in early.withLock({ bytes in
            defer { bytes = [] }
            return bytes
        }) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
    }
}

let group = MultiThreadedEventLoopGroup.singleton
guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
    print("usage: echo-client PORT")
    exit(2)
}

/// Connects to `target` and waits for the end. Returns the first message.
@MainActor func talk(_ target: String, returns: Bool) async throws -> [UInt8]? {
    let promise = group.next().makePromise(of: [UInt8].self)
    let echo = Echo(promise, returns: returns)
    let channel: any Channel
    do {
        // A message begins in the packet that the handshake ends with; the loop has to be ours for a moment.
        channel = try await WebSocketCarrier.open(
            DevToolsAddress(scheme: .ws, host: "127.0.0.1", port: port, target: target), on: group,
            limits: DevToolsLimits(), echo)
    } catch {
        promise.fail(error)
        throw error
    }
    try await channel.eventLoop.submit { echo.send(over: channel) }.get()
    try? await channel.closeFuture.get()
    return try? await promise.futureResult.get()
}

let count = try await talk("/getCaseCount", returns: false).flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
for number in 1...max(1, count) {
    // A case whose handshake is no good is over at once.
    _ = try? await talk("/runCase?case=\(number)&agent=devtools", returns: true)
}
_ = try await talk("/updateReports?agent=devtools", returns: false)
print("\(count) cases")
