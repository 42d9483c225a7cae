import DevTools
import JSON
import NIOWebSocket
import Synchronization
import Testing

/// Events and those who take them, against peers that send as they like.
@Suite(.timeLimit(.minutes(5))) struct EventTests {
    private static func event(_ number: Int, session: String? = nil) -> JSON {
        var event: JSON = ["method": "A.event", "params": ["number": .integer(Int64(number))]]
        if let session, case .object(var object) = event {
            object["sessionId"] = .string(session)
            event = .object(object)
        }
        return event
    }

    @Test(arguments: Peer.Carrier.allCases)
    func `events come in order, to whoever asked for them`(carrier: Peer.Carrier) async throws {
        let (connection, _) = try await Peer.connect(carrier) { command, peer in
            for number in 0..<100 { peer.send(Self.event(number, session: number % 2 == 0 ? "S" : nil)) }
            peer.send(["method": "A.other"])
            peer.answer(command)
        }
        let everywhere = connection.events(of: ["A.event"], in: .everywhere)
        let inSession = connection.session(SessionID("S")).events(of: ["A.event"])
        let inBrowser = connection.browser.events(of: ["A.event", "A.other"])
        _ = try await connection.browser.send("A.b", [:])
        await connection.close()
        func numbers(_ stream: EventStream) async throws -> [Int64?] {
            var numbers: [Int64?] = []
            do {
                while let event = try await stream.next() { numbers.append(event.parameters["number"]?.integer) }
            } catch DevToolsError.disconnected {
                return numbers
            }
            return numbers
        }
        #expect(try await numbers(everywhere) == (0..<100).map(Int64.init))
        #expect(try await numbers(inSession) == stride(from: 0, to: 100, by: 2).map(Int64.init))
        #expect(try await numbers(inBrowser) == stride(from: 1, to: 100, by: 2).map(Int64.init) + [nil])
    }

    @Test(arguments: Peer.Carrier.allCases)
    func `a peer that floods is not read while a subscriber has enough, and nothing is lost`(
        carrier: Peer.Carrier
    ) async throws {
        let total = 20_000
        // So that the kernel and NIO cannot take them all.
        let padding = String(repeating: "x", count: 1000)
        let (connection, peer) = try await Peer.connect(carrier) { command, peer in
            peer.answer(command)
            for number in 0..<total {
                peer.send([
                    "method": "A.event", "params": ["number": .integer(Int64(number)), "padding": .string(padding)],
                ])
            }
        }
        let events = connection.browser.events(of: ["A.event"])
        _ = try await connection.browser.send("A.b", [:])
        // The first is there; then the peer stands still, with most of them not sent.
        let first = try #require(try await events.next())
        #expect(first.parameters["number"] == 0)
        // While others on the same event loops get on.
        let (other, _) = try await Peer.connect(carrier) { command, peer in peer.answer(command) }
        var before = -1
        var now = peer.sentCount.load(ordering: .relaxed)
        while now != before {
            for _ in 0..<200 { _ = try await other.browser.send("A.b", [:]) }
            (before, now) = (now, peer.sentCount.load(ordering: .relaxed))
        }
        await other.close()
        #expect(now < total * 3 / 4, "\(now) were taken in")
        for number in 1..<total {
            let event = try #require(try await events.next())
            try #require(event.parameters["number"] == .integer(Int64(number)))
        }
        #expect(try await connection.browser.send("A.c", [:]) == [:])
        await connection.close()
    }

    @Test func `who waits for an answer gets it past events that nobody takes`() async throws {
        let (connection, _) = try await Peer.connect(.pipe) { command, peer in
            for number in 0..<5000 { peer.send(Self.event(number)) }
            peer.answer(command)
        }
        let events = connection.browser.events(of: ["A.event"])
        #expect(try await connection.browser.send("A.b", [:]) == [:])
        for number in 0..<5000 {
            let event = try #require(try await events.next())
            try #require(event.parameters["number"] == .integer(Int64(number)))
        }
        await connection.close()
    }

    @Test func `a subscriber that falls too far behind is told so, and nobody else suffers`() async throws {
        var limits = DevToolsLimits()
        limits.keptEvents = 10
        let (connection, _) = try await Peer.connect(.pipe, limits: limits) { command, peer in
            for number in 0..<100 { peer.send(Self.event(number)) }
            peer.answer(command)
        }
        let slow = connection.browser.events(of: ["A.event"])
        #expect(try await connection.browser.send("A.b", [:]) == [:])
        for number in 0..<10 {
            #expect(try await slow.next()?.parameters["number"] == .integer(Int64(number)))
        }
        await #expect(throws: DevToolsError.eventsLost(limit: 10)) { try await slow.next() }
        #expect(try await connection.browser.send("A.b", [:]) == [:])
        await connection.close()
    }

    @Test func `events that nobody asked for cost nothing`() async throws {
        let (connection, _) = try await Peer.connect(.pipe) { command, peer in
            for number in 0..<50_000 { peer.send(Self.event(number)) }
            peer.answer(command)
        }
        #expect(try await connection.browser.send("A.b", [:]) == [:])
        await connection.close()
    }

    @Test func `a stream that was let go of holds nobody up`() async throws {
        var limits = DevToolsLimits()
        limits.waitingEvents = 1
        let (connection, peer) = try await Peer.connect(.pipe, limits: limits) { command, peer in peer.answer(command) }
        do {
            let events = connection.browser.events(of: ["A.event"])
            peer.send(Self.event(0))
            _ = try await events.next()
        }
        for number in 0..<100 { peer.send(Self.event(number)) }
        peer.send(["method": "A.last"])
        let last = connection.browser.events(of: ["A.last"])
        peer.send(["method": "A.last"])
        #expect(try await last.next()?.method == "A.last")
        await connection.close()
    }

    @Test func `who waits for an event can be cancelled`() async throws {
        let (connection, _) = try await Peer.connect(.pipe) { _, _ in }
        let events = connection.browser.events(of: ["A.event"])
        let task = Task { try await events.next() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await connection.close()
    }

    @Test func `an event without what it must hold is malformed`() async throws {
        let (connection, peer) = try await Peer.connect(.pipe) { _, _ in }
        let events = connection.browser.events(TargetDomain.TargetDestroyed.self)
        peer.send(["method": "Target.targetDestroyed", "params": [:]])
        await #expect(throws: DevToolsError.malformed(source: "Target.targetDestroyed", member: "targetId")) {
            for try await _ in events {}
        }
        await connection.close()
    }
}
