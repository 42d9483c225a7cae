import DevTools
import Glibc
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import PageServer
import Testing

/// What is below the messages.
@Suite(.timeLimit(.minutes(5))) struct CarrierTests {
    private static func answer(_ command: JSON) -> [UInt8] {
        let answer: JSON = ["id": command["id"] ?? .null, "result": ["text": "€𝄞"]]
        return answer.serialized()
    }

    @Test func `a pipe's message may come byte by byte, and several at once`() async throws {
        let (connection, _) = try await Peer.connect(.pipe) { command, peer in
            let bytes = Self.answer(command) + [0]
            if command["method"] == "A.bytes" {
                for byte in bytes { peer.send(bytes: [byte]) }
            } else {
                let event = Array("{\"method\":\"A.e\"}".utf8) + [0]
                peer.send(bytes: event + event + bytes + event)
            }
        }
        #expect(try await connection.browser.send("A.bytes", [:])["text"] == "€𝄞")
        let events = connection.browser.events(of: ["A.e"])
        #expect(try await connection.browser.send("A.together", [:])["text"] == "€𝄞")
        for _ in 0..<3 { #expect(try await events.next()?.method == "A.e") }
        await connection.close()
    }

    @Test func `a message in several frames, with pings between, is one`() async throws {
        let (connection, _) = try await Peer.connect(.webSocket) { command, peer in
            let bytes = Self.answer(command)
            for (index, byte) in bytes.enumerated() {
                peer.send(
                    WebSocketFrame(
                        fin: index == bytes.count - 1, opcode: index == 0 ? .text : .continuation,
                        data: ByteBuffer(bytes: [byte])))
                peer.send(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "p")))
            }
        }
        #expect(try await connection.browser.send("A.b", [:])["text"] == "€𝄞")
        await connection.close()
    }

    // It keeps the event loops that all tests share busy for half a minute, so that others find them late.
    @Test(
        .enabled(if: getenv("MAZELCLAW_LARGE_MESSAGES") != nil, "MAZELCLAW_LARGE_MESSAGES asks for it"),
        arguments: Peer.Carrier.allCases)
    func `the largest message there may be comes and goes`(carrier: Peer.Carrier) async throws {
        let limits = DevToolsLimits()
        let (connection, _) = try await Peer.connect(carrier) { command, peer in
            // As much as fits beside the rest.
            let size = limits.message - 64
            peer.answer(command, ["x": .string(String(repeating: "x", count: size))])
        }
        let answer = try await connection.browser.send("A.b", [:], within: .seconds(50))
        #expect(answer["x"]?.string?.utf8.count == limits.message - 64)
        await connection.close()
    }

    struct Violation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var frames: @Sendable () -> [WebSocketFrame]
    }

    static let violations = [
        Violation(testDescription: "masked") {
            [WebSocketFrame(fin: true, opcode: .text, maskKey: [1, 2, 3, 4], data: ByteBuffer(string: "{}"))]
        },
        Violation(testDescription: "an extension") {
            [WebSocketFrame(fin: true, rsv1: true, opcode: .text, data: ByteBuffer(string: "{}"))]
        },
        Violation(testDescription: "binary") {
            [WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(string: "{}"))]
        },
        Violation(testDescription: "going on without a beginning") {
            [WebSocketFrame(fin: true, opcode: .continuation, data: ByteBuffer(string: "{}"))]
        },
        Violation(testDescription: "a beginning within a message") {
            [
                WebSocketFrame(fin: false, opcode: .text, data: ByteBuffer(string: "{")),
                WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: "}")),
            ]
        },
        Violation(testDescription: "an unknown kind") {
            WebSocketOpcode(encodedWebSocketOpcode: 0x3).map {
                [WebSocketFrame(fin: true, opcode: $0, data: ByteBuffer())]
            } ?? []
        },
        Violation(testDescription: "a close frame of one byte") {
            [WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(bytes: [3]))]
        },
        Violation(testDescription: "no UTF-8") {
            [
                WebSocketFrame(
                    fin: true, opcode: .text,
                    data: ByteBuffer(bytes: Array("{\"method\":\"".utf8) + [0xFF, 0x22, 0x7D]))
            ]
        },
    ]

    @Test(arguments: violations)
    func `frames against RFC 6455 end the connection`(violation: Violation) async throws {
        let (connection, _) = try await Peer.connect(.webSocket) { _, peer in
            for frame in violation.frames() { peer.send(frame) }
        }
        let error = await #expect(throws: DevToolsError.self) { try await connection.browser.send("A.b", [:]) }
        guard case .violation = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(await connection.waitForEnd() == error)
    }

    @Test func `the reason for closing is told`() async throws {
        let (connection, _) = try await Peer.connect(.webSocket) { _, peer in
            var data = ByteBuffer()
            data.write(webSocketErrorCode: .goingAway)
            data.writeString("bye")
            peer.send(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
        }
        await #expect(throws: DevToolsError.disconnected(reason: "the browser closed it (1001, bye)")) {
            try await connection.browser.send("A.b", [:])
        }
        _ = await connection.waitForEnd()
    }

    @Test func `fragments are not collected without end`() async throws {
        var limits = DevToolsLimits()
        limits.message = 1000
        let (connection, _) = try await Peer.connect(.webSocket, limits: limits) { _, peer in
            peer.send(WebSocketFrame(fin: false, opcode: .text, data: ByteBuffer(string: "[")))
            for _ in 0..<2000 {
                peer.send(WebSocketFrame(fin: false, opcode: .continuation, data: ByteBuffer(string: "1,")))
            }
        }
        await #expect(throws: DevToolsError.tooLarge(limit: 1000)) { try await connection.browser.send("A.b", [:]) }
    }

    @Test func `a WebSocket that is not let in says why`() async throws {
        let server = try await PageServer.start(["/": .init(body: "", status: .forbidden)])
        let address = try DevToolsAddress("ws://127.0.0.1:\(server.port)/")
        await #expect(
            throws: DevToolsError.notDevTools(
                "\(address)", reason: "it answered 403 to the WebSocket handshake")
        ) { try await DevToolsConnection.open(at: address, on: .singletonMultiThreadedEventLoopGroup) }
        await server.stop()
    }

    @Test(arguments: ["ws", "http"])
    func `whoever says nothing is not waited for`(scheme: String) async throws {
        let server = try await Server.start { $0.eventLoop.makeSucceededVoidFuture() }
        var limits = DevToolsLimits()
        (limits.discovering, limits.connecting) = (.milliseconds(100), .milliseconds(100))
        let address = try DevToolsAddress("\(scheme)://127.0.0.1:\(server.port)/")
        await #expect(
            throws: DevToolsError.unreachable("\(address)", reason: "it did not answer within 0.1 seconds")
        ) { try await DevToolsConnection.open(at: address, on: .singletonMultiThreadedEventLoopGroup, limits: limits) }
        await server.stop()
    }

    @Test(arguments: ["ws", "http"])
    func `nobody listens, and that is said`(scheme: String) async throws {
        // Bound, so that nobody else gets the port, and deaf.
        let deaf = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(deaf) }
        var own = sockaddr_in()
        own.sin_family = sa_family_t(AF_INET)
        own.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { own in
                #expect(bind(deaf, own, length) == 0)
                #expect(getsockname(deaf, own, &length) == 0)
            }
        }
        let address = try DevToolsAddress("\(scheme)://127.0.0.1:\(own.sin_port.bigEndian)/")
        await #expect(throws: DevToolsError.unreachable("\(address)", reason: "Connection refused")) {
            try await DevToolsConnection.open(at: address, on: .singletonMultiThreadedEventLoopGroup)
        }
    }

    @Test(arguments: ["ws", "http"])
    func `what is no HTTP is refused`(scheme: String) async throws {
        let server = try await Server.start { channel in channel.pipeline.addHandler(Greeter()) }
        let address = try DevToolsAddress("\(scheme)://127.0.0.1:\(server.port)/")
        let error = await #expect(throws: DevToolsError.self) {
            try await DevToolsConnection.open(at: address, on: .singletonMultiThreadedEventLoopGroup)
        }
        guard case .notDevTools = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        await server.stop()
    }
}

/// Says something else than HTTP, and goes.
private final class Greeter: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: "SSH-2.0-OpenSSH_9.2\r\n\r\n")), promise: nil)
        context.close(promise: nil)
    }
}
