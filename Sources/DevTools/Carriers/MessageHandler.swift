import NIOCore

/// The top of every carrier: whole messages come in and go out here, whatever carries them below.
///
/// Nothing is read while the receiver says that it has enough.
final class MessageHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let receiver: any MessageReceiver
    private var context: ChannelHandlerContext?
    /// Whether the channel asked to read while the receiver had enough.
    private var owesRead = false

    init(_ receiver: any MessageReceiver) {
        self.receiver = receiver
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        receiver.opened { bound.eventLoop.execute { bound.value.resume() } }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        receiver.ended(.disconnected(reason: "it was closed"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let message = Self.unwrapInboundIn(data)
        do throws(DevToolsError) {
            try message.withUnsafeReadableBytes { (bytes) throws(DevToolsError) in
                try receiver.receive(bytes.bindMemory(to: UInt8.self))
            }
        } catch {
            fail(error, context)
        }
    }

    func read(context: ChannelHandlerContext) {
        guard receiver.hasRoom else {
            owesRead = true
            return
        }
        context.read()
    }

    private func resume() {
        guard owesRead, let context, receiver.hasRoom else { return }
        owesRead = false
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        receiver.ended(.disconnected(reason: "the browser went away"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail((error as? DevToolsError) ?? .disconnected(reason: "\(error)"), context)
    }

    private func fail(_ error: DevToolsError, _ context: ChannelHandlerContext) {
        receiver.ended(error)
        context.close(promise: nil)
    }
}

/// Who takes the messages of a carrier. All but `hasRoom` is called on the carrier's event loop.
package protocol MessageReceiver: Sendable {
    /// Whether it wants more to be read.
    var hasRoom: Bool { get }
    /// Tells that the carrier stands. `resume` is to be called when there is room again; from any thread.
    func opened(resume: @escaping @Sendable () -> Void)
    /// Takes one message. Throws `DevToolsError` when it makes the connection useless.
    func receive(_ text: UnsafeBufferPointer<UInt8>) throws(DevToolsError)
    /// Tells that there will be no more messages. Only the first reason counts.
    func ended(_ reason: DevToolsError)
}
