import Glibc
import Logging
import NIOCore
import Synchronization

/// What a server does when the kernel gives no more: those that are connected stay, whoever comes next is sent away or
/// waits to be accepted, and the log tells of it now and then.
final class Scarcity: Sendable {
    private struct State {
        var nextWord = NIODeadline.uptimeNanoseconds(0)
        var turnedAway = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    /// How long the log says nothing more of it: it is on a disk too.
    private static let silence = TimeAmount.seconds(60)
    /// How long nobody is accepted after that failed: trying again at once would take all of a processor.
    static let pause = TimeAmount.milliseconds(100)

    init(logger: Logger) {
        self.logger = logger
    }

    /// What the kernel answers when it has no more: of descriptors in this process or on this host, of memory, of buffers,
    /// of this user's epoll watches (accept(2), epoll_ctl(2)).
    static func isScarcity(_ errno: Int32) -> Bool { [EMFILE, ENFILE, ENOMEM, ENOBUFS, ENOSPC].contains(errno) }

    /// Tells of `error`, unless that was done lately. `isShed` says that a connection was lost for it.
    func tell(_ error: IOError, isShed: Bool) {
        let turnedAway = state.withLock { state -> Int? in
            if isShed { state.turnedAway += 1 }
            let now = NIODeadline.now()
            guard now >= state.nextWord else { return nil }
            state.nextWord = now + Self.silence
            defer { state.turnedAway = 0 }
            return state.turnedAway
        }
        guard let turnedAway else { return }
        logger.warning(
            "the kernel gives no more for new connections; those there are stay",
            metadata: [
                "error": "\(String(cString: strerror(error.errnoCode)))", "turnedAway": "\(turnedAway)",
            ])
    }

    /// For a listener: waits a little after an accept that failed.
    var acceptHandler: AcceptBackoffHandler {
        AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { [self] error in
            tell(error, isShed: false)
            return Self.pause
        }
    }
}

/// For a new connection: one that cannot be watched is closed by NIO, and this tells why.
final class ScarcityHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let scarcity: Scarcity

    init(_ scarcity: Scarcity) {
        self.scarcity = scarcity
    }

    func channelActive(context: ChannelHandlerContext) {
        // It is watched from now on: whatever goes wrong later is another matter.
        context.fireChannelActive()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Scarcity.isScarcity(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        scarcity.tell(error, isShed: true)
    }
}
