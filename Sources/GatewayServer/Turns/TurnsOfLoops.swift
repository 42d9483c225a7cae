import Gateway
import Glibc
import NIOCore
import NIOPosix

/// The turns of each event loop of a server.
struct TurnsOfLoops: Sendable {
    private let turns: [ObjectIdentifier: NIOLoopBound<Turns>]

    /// Makes them. A loop that has work left writes a byte to a socket of its own, which it then finds among the others
    /// that have something to be read. Throws `ServerError.scarcity`.
    init(_ group: any EventLoopGroup) async throws {
        var turns: [ObjectIdentifier: NIOLoopBound<Turns>] = [:]
        for loop in group.makeIterator() {
            var pair: [Int32] = [-1, -1]
            guard
                socketpair(
                    AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair)
                    == 0
            else {
                throw ServerError.scarcity(errno: errno)
            }
            let (heard, said) = (pair[0], pair[1])
            let made = try await loop.submit {
                let turns = Turns(on: loop) {
                    // There is room: one byte at a time is on its way.
                    _ = write(said, [1], 1)
                }
                return NIOLoopBound(turns, eventLoop: loop)
            }.get()
            _ = try await NIOPipeBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Waker(made.value, said))
                    }
                }
                .takingOwnershipOfDescriptor(input: heard).get()
            turns[ObjectIdentifier(loop)] = made
        }
        self.turns = turns
    }

    /// Those of `loop`, on which this is called.
    func on(_ loop: any EventLoop) -> Turns {
        guard let turns = turns[ObjectIdentifier(loop)] else { preconditionFailure("not a loop of this server") }
        return turns.value
    }
}

/// Serves a loop's turns when the loop has found the byte that was written for it.
private final class Waker: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let turns: Turns
    private let said: Int32

    init(_ turns: Turns, _ said: Int32) {
        self.turns = turns
        self.said = said
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        turns.serve()
    }

    func channelInactive(context: ChannelHandlerContext) {
        turns.end()
        close(said)
        context.fireChannelInactive()
    }
}
