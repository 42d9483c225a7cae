import Glibc
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import GatewayServer

/// A clock on which time passes only when somebody works.
private final class WorkClock {
    private var used: Int64 = 1
    private var waited: Int64 = 0

    var clocks: TurnClocks {
        TurnClocks(thread: { [self] in used }, elapsed: { [self] in used + waited })
    }

    func work(_ time: TimeAmount) { used += time.nanoseconds }

    /// The thread does not get a processor for so long.
    func wait(_ time: TimeAmount) { waited += time.nanoseconds }
}

@Suite struct TurnsTests {
    @Test func `who used less is served first, and who used as much in the order of coming`() throws {
        let loop = EmbeddedEventLoop()
        let clock = WorkClock()
        let turns = Turns(on: loop, clocks: clock.clocks)
        let accounts = (0..<4).map { _ in turns.account() }
        // While somebody waits, what others use is held against them.
        turns.wait(turns.account()) {}
        turns.spend(accounts[0]) { clock.work(.milliseconds(2)) }
        turns.spend(accounts[1]) { clock.work(.microseconds(500)) }
        var served: [Int] = []
        for index in accounts.indices { turns.wait(accounts[index]) { served.append(index) } }
        loop.run()
        #expect(served == [2, 3, 1, 0])
        try loop.close()
    }

    @Test func `who comes with something short is not kept waiting by many who came with something long`() throws {
        let loop = EmbeddedEventLoop()
        let clock = WorkClock()
        let turns = Turns(on: loop, clocks: clock.clocks)
        var served: [String] = []
        let long = (0..<20).map { _ in turns.account() }
        for account in long {
            turns.wait(account, cost: Turns.cost(ofBytes: 500_000)) {
                served.append("long")
                clock.work(.milliseconds(3))
            }
        }
        // The first of them is served; then many come one after the other, each with something short.
        turns.serve()
        turns.wait(turns.account()) { served.append("short") }
        turns.serve()
        #expect(served.prefix(2) == ["long", "short"])
        // What comes anew, again and again, does not keep those waiting for ever.
        for _ in 1...10 {
            turns.wait(turns.account()) {
                served.append("short")
                clock.work(.milliseconds(1))
            }
            turns.serve()
        }
        #expect(served.suffix(10).contains("long"), "\(served)")
        loop.run()
        #expect(served.count == 31)
        try loop.close()
    }

    @Test func `who waited long is not served for ever before the others`() throws {
        let loop = EmbeddedEventLoop()
        let clock = WorkClock()
        let turns = Turns(on: loop, clocks: clock.clocks)
        let (idle, busy) = (turns.account(), turns.account())
        for _ in 0..<10 {
            turns.wait(busy) { clock.work(.milliseconds(10)) }
            loop.run()
        }
        // Behind by 100 ms, most of which are forgotten: it has what the other has used less of since.
        var served: [String] = []
        func goOn() {
            guard served.count < 12 else { return }
            served.append("idle")
            clock.work(.milliseconds(10))
            turns.wait(idle, goOn)
        }
        turns.wait(idle, goOn)
        turns.wait(busy) { served.append("busy") }
        loop.run()
        #expect(served.firstIndex(of: "busy") == 1, "\(served)")
        try loop.close()
    }

    @Test func `nobody pays for the time in which the thread waited for a processor`() throws {
        let loop = EmbeddedEventLoop()
        let clock = WorkClock()
        let turns = Turns(on: loop, clocks: clock.clocks)
        let (preempted, other) = (turns.account(), turns.account())
        turns.wait(turns.account()) {}
        turns.spend(other) { clock.work(.microseconds(200)) }
        turns.spend(preempted) {
            clock.work(.microseconds(100))
            clock.wait(.milliseconds(20))
        }
        #expect(turns.hasTime)
        var served: [String] = []
        turns.wait(other) { served.append("other") }
        turns.wait(preempted) { served.append("preempted") }
        loop.run()
        #expect(served == ["preempted", "other"])
        try loop.close()
    }

    @Test func `who comes later is not served before who did something while nobody waited`() throws {
        let loop = EmbeddedEventLoop()
        let clock = WorkClock()
        let turns = Turns(on: loop, clocks: clock.clocks)
        let old = turns.account()
        turns.spend(old) { clock.work(.milliseconds(10)) }
        let new = turns.account()
        var served: [String] = []
        turns.wait(old) { served.append("old") }
        turns.wait(new) { served.append("new") }
        loop.run()
        #expect(served == ["old", "new"])
        try loop.close()
    }

    @Test func `nobody has a turn when what wakes the loop is gone`() throws {
        let loop = EmbeddedEventLoop()
        var wakes = 0
        let turns = Turns(on: loop) { wakes += 1 }
        let account = turns.account()
        var served = 0
        turns.wait(account) { served += 1 }
        turns.end()
        turns.serve()
        turns.wait(account) { served += 1 }
        #expect((wakes, served) == (1, 0))
        try loop.close()
    }

    @Test func `there is time for some work at once, and again when the loop has looked at its sockets`() throws {
        let loop = EmbeddedEventLoop()
        let clock = WorkClock()
        let turns = Turns(on: loop, clocks: clock.clocks)
        let account = turns.account()
        #expect(turns.hasTime)
        turns.spend(account) { clock.work(.nanoseconds(Turns.portion)) }
        #expect(!turns.hasTime)
        loop.run()
        #expect(turns.hasTime)
        try loop.close()
    }

    @Test func `work that never ends keeps no socket from being heard`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let turns = try await TurnsOfLoops(group)
        let loop = group.next()
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0)
        let bound = try await loop.submit { NIOLoopBound(Ear(), eventLoop: loop) }.get()
        _ = try await NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
            .takingOwnershipOfDescriptor(input: pair[0]).get()
        let said = pair[1]
        try await loop.flatSubmit {
            let turns = turns.on(loop)
            let account = turns.account()
            let done = loop.makePromise(of: Void.self)
            func goOn() {
                guard !bound.value.hasHeard else { return done.succeed() }
                turns.wait(account, goOn)
            }
            goOn()
            _ = write(said, [1], 1)
            return done.futureResult
        }.get()
        close(said)
        try await group.shutdownGracefully()
    }
}

private final class Ear: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    var hasHeard = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { hasHeard = true }
}
