import DevTools
import JSON
import Testing

/// Commands and their answers, against peers that do what they like.
@Suite(.timeLimit(.minutes(5))) struct CommandTests {
    private func limits(_ change: (inout DevToolsLimits) -> Void = { _ in }) -> DevToolsLimits {
        var limits = DevToolsLimits()
        change(&limits)
        return limits
    }

    @Test(arguments: Peer.Carrier.allCases)
    func `answers find their commands in whatever order they come`(carrier: Peer.Carrier) async throws {
        let first = Box<JSON>()
        let (connection, _) = try await Peer.connect(carrier) { command, peer in
            guard let earlier = first.take() else { return first.put(command) }
            peer.answer(command, ["is": command["method"] ?? .null])
            peer.answer(earlier, ["is": earlier["method"] ?? .null])
        }
        async let one = connection.browser.send("One.a", [:])
        async let two = connection.browser.send("Two.b", [:])
        #expect(try await one["is"] == "One.a")
        #expect(try await two["is"] == "Two.b")
        await connection.close()
    }

    @Test func `a command carries its session and parameters`() async throws {
        let seen = Box<JSON>()
        let (connection, _) = try await Peer.connect(.pipe) { command, peer in
            seen.put(command)
            peer.answer(command)
        }
        _ = try await connection.session(SessionID("S")).send("A.b", ["x": 1])
        #expect(seen.take() == ["id": 1, "method": "A.b", "params": ["x": 1], "sessionId": "S"])
        await connection.close()
    }

    @Test(arguments: Peer.Carrier.allCases)
    func `a refusal is told in the browser's words`(carrier: Peer.Carrier) async throws {
        let (connection, _) = try await Peer.connect(carrier) { command, peer in
            peer.send(["id": command["id"] ?? .null, "error": ["code": -32000, "message": "no", "data": "why"]])
        }
        await #expect(throws: DevToolsError.refused(method: "A.b", code: -32000, message: "no: why")) {
            try await connection.browser.send("A.b", [:])
        }
        await connection.close()
    }

    @Test(arguments: Peer.Carrier.allCases)
    func `a command that is not answered in time fails, and a late answer harms nothing`(
        carrier: Peer.Carrier
    ) async throws {
        let first = Box<JSON>()
        let (connection, _) = try await Peer.connect(carrier) { command, peer in
            guard let late = first.take() else { return first.put(command) }
            peer.answer(late)
            peer.answer(command, ["is": "second"])
        }
        await #expect(throws: DevToolsError.timedOut(method: "A.b", after: .milliseconds(50))) {
            try await connection.browser.send("A.b", [:], within: .milliseconds(50))
        }
        #expect(try await connection.browser.send("A.c", [:])["is"] == "second")
        await connection.close()
    }

    @Test(arguments: Peer.Carrier.allCases)
    func `whoever waits hears when the connection is cut`(carrier: Peer.Carrier) async throws {
        let count = Box<Int>()
        let (connection, _) = try await Peer.connect(carrier) { _, peer in
            let before = count.take() ?? 0
            guard before == 2 else { return count.put(before + 1) }
            peer.send(["method": "A.last", "params": [:]])
            peer.hangUp()
        }
        let events = connection.browser.events(of: ["A.last", "A.never"])
        let errors = await withTaskGroup(of: (any Error)?.self) { group in
            for number in 0..<3 {
                group.addTask {
                    do {
                        _ = try await connection.browser.send("A.b\(number)", [:])
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: [(any Error)?]()) { $0.append($1) }
        }
        let expected = DevToolsError.disconnected(reason: "the browser went away")
        #expect(errors.map { $0 as? DevToolsError } == [expected, expected, expected])
        #expect(try await events.next()?.method == "A.last")
        await #expect(throws: expected) { try await events.next() }
        await #expect(throws: expected) { try await connection.browser.send("A.z", [:]) }
        await #expect(throws: expected) { try await connection.browser.events(of: ["A.b"]).next() }
        #expect(await connection.waitForEnd() == expected)
    }

    @Test(
        arguments: [
            "[]", "{}", "nonsense", "{\"id\":1,\"id\":1}", "{\"id\":\"1\",\"result\":{}}", "{\"id\":99,\"result\":{}}",
            "{\"id\":0,\"result\":{}}", "{\"error\":{\"message\":\"Message must be a valid JSON\"}}",
        ], Peer.Carrier.allCases)
    func `a peer that breaks the protocol is left`(lie: String, carrier: Peer.Carrier) async throws {
        let (connection, _) = try await Peer.connect(carrier) { _, peer in peer.send(lie) }
        let error = await #expect(throws: DevToolsError.self) { try await connection.browser.send("A.b", [:]) }
        guard case .violation = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(await connection.waitForEnd() == error)
    }

    @Test(arguments: Peer.Carrier.allCases)
    func `a message that is too large ends the connection`(carrier: Peer.Carrier) async throws {
        let (connection, _) = try await Peer.connect(carrier, limits: limits { $0.message = 4096 }) { command, peer in
            // Exactly what may come, and one more.
            let empty: JSON = ["id": command["id"] ?? .null, "result": ["x": ""]]
            let size = command["method"] == "A.fits" ? 4096 : 4097
            peer.answer(command, ["x": .string(String(repeating: "x", count: size - empty.text().utf8.count))])
        }
        #expect(try await connection.browser.send("A.fits", [:])["x"]?.string?.isEmpty == false)
        await #expect(throws: DevToolsError.tooLarge(limit: 4096)) { try await connection.browser.send("A.b", [:]) }
    }

    @Test func `a command that is too large is not sent, and harms nothing`() async throws {
        let (connection, _) = try await Peer.connect(.pipe, limits: limits { $0.message = 4096 }) { command, peer in
            peer.answer(command)
        }
        await #expect(throws: DevToolsError.tooLarge(limit: 4096)) {
            try await connection.browser.send("A.b", ["x": .string(String(repeating: "x", count: 4096))])
        }
        #expect(try await connection.browser.send("A.b", [:]) == [:])
        await connection.close()
    }

    @Test func `only so many commands wait at once`() async throws {
        let waiting = Box<[JSON]>()
        let (came, arrival) = AsyncStream.makeStream(of: Void.self)
        let (connection, _) = try await Peer.connect(.pipe, limits: limits { $0.commands = 2 }) { command, peer in
            if command["method"] == "A.now" {
                for command in (waiting.take() ?? []) + [command] { peer.answer(command) }
            } else {
                waiting.put((waiting.take() ?? []) + [command])
                arrival.yield()
            }
        }
        let one = Task { try await connection.browser.send("A.b", [:]) }
        let two = Task { try await connection.browser.send("A.c", [:]) }
        var arrivals = came.makeAsyncIterator()
        await arrivals.next()
        await arrivals.next()
        await #expect(throws: DevToolsError.tooManyCommands(limit: 2)) { try await connection.browser.send("A.d", [:]) }
        await connection.close()
        await #expect(throws: DevToolsError.disconnected(reason: "it was closed")) { try await one.value }
        await #expect(throws: DevToolsError.disconnected(reason: "it was closed")) { try await two.value }
    }

    @Test func `who is cancelled waits no more, and the connection goes on`() async throws {
        let (came, arrival) = AsyncStream.makeStream(of: Void.self)
        let (connection, _) = try await Peer.connect(.pipe) { command, peer in
            if command["method"] == "A.hang" { arrival.yield() } else { peer.answer(command) }
        }
        let task = Task { try await connection.browser.send("A.hang", [:]) }
        var arrivals = came.makeAsyncIterator()
        await arrivals.next()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.browser.send("A.b", [:]) == [:])
        await connection.close()
    }

    @Test func `an answer without what it must hold is malformed`() async throws {
        let (connection, _) = try await Peer.connect(.pipe) { command, peer in peer.answer(command, ["product": 1]) }
        await #expect(throws: DevToolsError.malformed(source: "Browser.getVersion", member: "protocolVersion")) {
            try await connection.browser.send(BrowserDomain.GetVersion())
        }
        await connection.close()
    }

    @Test func `commands and events of a session end with it`() async throws {
        let (connection, _) = try await Peer.connect(.pipe) { command, peer in
            peer.send(["method": "Target.detachedFromTarget", "params": ["sessionId": "S"]])
            if command["sessionId"] == "T" { peer.answer(command) }
        }
        let session = connection.session(SessionID("S"))
        let events = session.events(of: ["A.b"])
        await #expect(throws: DevToolsError.sessionEnded(method: "A.hang")) { try await session.send("A.hang", [:]) }
        #expect(try await events.next() == nil)
        #expect(try await connection.session(SessionID("T")).send("A.b", [:]) == [:])
        await connection.close()
    }

    @Test func `commands to a page end when it crashes, and its session goes on`() async throws {
        let (connection, _) = try await Peer.connect(.pipe) { command, peer in
            guard command["method"] == "A.hang" else { return peer.answer(command) }
            peer.send([
                "method": "Target.attachedToTarget",
                "params": [
                    "sessionId": "S", "targetInfo": ["targetId": "P", "type": "page", "title": "", "url": ""],
                ],
            ])
            peer.send(["method": "Target.targetCrashed", "params": ["targetId": "P", "status": "crashed"]])
        }
        let session = connection.session(SessionID("S"))
        await #expect(throws: DevToolsError.sessionEnded(method: "A.hang")) { try await session.send("A.hang", [:]) }
        #expect(try await session.send("A.b", [:]) == [:])
        await connection.close()
    }
}
