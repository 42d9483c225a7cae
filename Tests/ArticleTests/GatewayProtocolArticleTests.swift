import GatewayProtocol
import JSON
import Testing

/// What the article "Speak the protocol" shows, line by line; ArchitectureTests compares the two.
@Suite struct GatewayProtocolArticleTests {
    @Test func `a client's first request is what a gateway reads`() throws {
        let params: JSON = [
            "minProtocol": 3, "maxProtocol": 3, "role": "operator", "scopes": ["operator.read"],
            "client": ["id": "cli", "version": "1.0", "platform": "linux", "mode": "cli"],
            "auth": ["token": "the gateway's token"],
        ]
        let hello = Frame.request(RequestFrame(id: "1", method: "connect", params: params))
        #expect(try Frame(JSON(parsing: hello.text)) == hello)

        let read = try ConnectParams(params)
        #expect(read.client.id.text == "cli")
        #expect(read.scopes == ["operator.read"])
        #expect(read.minProtocol...read.maxProtocol ~= Int64(ProtocolVersion.current))
        #expect(throws: ProtocolError.self) { try ConnectParams(["minProtocol": 0]) }
    }

    @Test(
        arguments: [
            (#"{"type":"res","id":"1","ok":true,"payload":{"a":1}}"#, #"{"a":1}"#),
            (
                #"{"type":"res","id":"1","ok":false,"error":{"code":"INVALID_REQUEST","message":"no"}}"#,
                "INVALID_REQUEST: no"
            ),
        ])
    func `an answer is a payload or an error`(text: String, expected: String) throws {
        var lines: [String] = []
        func print(_ line: String) { lines.append(line) }
        let message = Array(text.utf8)
        guard case .response(let response) = try Frame(JSON(parsing: message)) else { return }
        switch response.result {
        case .success(let payload): print(payload?.text() ?? "done")
        case .failure(let error): print("\(error.code.rawValue): \(error.message)")
        }
        #expect(lines == [expected])
    }

    @Test func `events are numbered`() throws {
        let tick = Array(#"{"type":"event","event":"tick","payload":{"ts":1},"seq":8}"#.utf8)
        let last: Int64 = 7
        let event = try EventFrame(JSON(parsing: tick))
        let isNext = event.sequence == last + 1
        #expect(isNext)
        #expect(event.event == "tick")
    }
}
