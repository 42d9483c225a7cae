import JSON
import Testing

@testable import Gateway
@testable import GatewayProtocol

@Test(arguments: [
    Frame.request(RequestFrame(id: "1", method: "health")),
    .request(RequestFrame(id: "1", method: "m", params: ["a": [1, .null]])),
    .response(ResponseFrame(id: "1", result: .success(nil))),
    .response(ResponseFrame(id: "1", result: .success(.null))),
    .response(
        ResponseFrame(
            id: "1",
            result: .failure(
                ProtocolError(.unavailable, "later", details: ["x": 1], isRetryable: true, retryAfter: 5)))),
    .event(EventFrame(event: "tick")),
    .event(
        EventFrame(event: "presence", payload: [:], sequence: 3, stateVersion: StateVersion(presence: 1, health: 2))),
])
func `a frame written is the frame read`(frame: Frame) throws {
    #expect(try Frame(JSON(parsing: frame.text)) == frame)
}

@Test func `a request is read the same in whatever order its members stand`() throws {
    let frame = RequestFrame(id: "1", method: "m", params: ["a": 1])
    let members = try #require(frame.json.object?.members)
    for shift in 0..<4 {
        let turned = JSONObject(Array(members[shift...] + members[..<shift]))
        #expect(try RequestFrame(.object(turned)) == frame)
    }
}

@Test func `absent members are left out, never null`() {
    #expect(
        Frame.response(ResponseFrame(id: "1", result: .success(nil))).json == ["type": "res", "id": "1", "ok": true])
    #expect(Frame.event(EventFrame(event: "e")).json == ["type": "event", "event": "e"])
}

@Test(
    arguments: try Vectors.rows("param-errors").filter {
        ["ConnectParams", "RequestFrame"].contains($0["schema"]?.string)
    })
func `what is wrong with a request is told in the words clients know`(row: JSON) throws {
    let input = try #require(row["in"])
    let expected = try #require(row["message"]?.string)
    do throws(ProtocolError) {
        if row["schema"] == "ConnectParams" { _ = try ConnectParams(input) } else { _ = try RequestFrame(input) }
        Issue.record("accepted")
    } catch {
        let prefix = row["schema"] == "ConnectParams" ? "invalid connect params: " : ""
        #expect(error.message == prefix + expected)
    }
}

@Test(arguments: try Vectors.rows("close-reason"))
func `a close reason fits a close frame and cuts no character`(row: JSON) throws {
    let reason = CloseReason.policy(try #require(row["in"]?.string))
    #expect(reason.text == row["out"]?.string)
    #expect(reason.text.utf8.count == row["bytes"]?.integer.map(Int.init))
}

@Test(arguments: [
    ("cli", true), ("moltbot-macos", true), ("openclaw-macos", true), ("mazelclaw-control-ui", true), ("webchat", true),
    ("openclaw-probe", true), ("moltbot-cli", false), ("macos", false), ("", false), ("evil-macos", false),
])
func `clients are known under every product name`(id: String, isKnown: Bool) {
    #expect((ClientID(id) != nil) == isKnown)
}

@Test func `who may write may read, and admin may do all`() {
    #expect(Scope.read.isGranted(by: ["operator.write"]))
    #expect(!Scope.write.isGranted(by: ["operator.read"]))
    #expect(Scope.pairing.isGranted(by: ["operator.admin"]))
    #expect(!Scope.admin.isGranted(by: ["operator.write", "operator.pairing"]))
}

@Test(arguments: [nil, StateVersion(presence: 3, health: 4)])
func `an event written once for many says what each frame would`(version: StateVersion?) {
    for payload in [nil, ["a": [1, "\n"]], [:]] as [JSON?] {
        let frame = EventFrame(event: "tick", payload: payload, sequence: 7, stateVersion: version)
        #expect(EventFrame.Text(frame).numbered(7) == Frame.event(frame).text)
        #expect(EventFrame.Text(frame).numbered(8) != Frame.event(frame).text)
    }
}
