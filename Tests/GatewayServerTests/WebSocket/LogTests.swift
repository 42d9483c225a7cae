import JSON
import Testing

@testable import Configuration
@testable import Gateway

@Test(arguments: Carrier.allCases)
func `the log tells what happened, and goes on from where it was read`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    try await instance.open(carrier) { door in
        let client = try await door.connected()
        let first = try await client.call("logs.tail", ["limit": 10])?["payload"]
        #expect(first?["file"]?.string == "\(instance.configuration.instance.stateDirectory.value)/logs/gateway.log")
        let line = try JSON(parsing: Array((first?["lines"]?.array?.last?.string ?? "").utf8))
        // The original's page and its `logs` take the subsystem and the text from the keys that are numbers.
        #expect(line["0"] == #"{"subsystem":"gateway"}"#)
        #expect(line["1"] == "client connected")
        #expect(first?["lines"]?.array?.contains { $0.string?.contains(TestInstance.token) == true } == false)
        let cursor = try #require(first?["cursor"])
        let nothing = try await client.call("logs.tail", ["cursor": cursor])?["payload"]
        #expect(nothing?["lines"] == [])
        let other = try await door.client()
        _ = try await other.nonce()
        try other.send(ConnectRequest(token: "wrong").json)
        _ = try await other.frame()
        let more = try await client.call("logs.tail", ["cursor": cursor])?["payload"]
        #expect(more?["lines"]?.array?.count == 1)
        #expect(more?["lines"]?.array?.first?.string?.contains("handshake refused") == true)
        #expect(more?["reset"] == false)
    }
}
