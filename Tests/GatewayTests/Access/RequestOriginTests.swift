import Gateway
import JSON
import Testing

@Test(arguments: try Vectors.rows("local-direct"))
func `a request is local only from here, by a local name, through no unknown proxy`(row: JSON) {
    let headers = row["headers"]
    let origin = RequestOrigin(
        peerAddress: row["remote"]?.string ?? "", host: row["host"]?.string,
        forwardedFor: headers?["x-forwarded-for"]?.string, realIP: headers?["x-real-ip"]?.string,
        forwardedHost: headers?["x-forwarded-host"]?.string)
    let trusted = row["trusted"]?.array?.compactMap(\.string) ?? []
    #expect(origin.isLocal(trustedProxies: trusted) == row["out"]?.bool)
}

@Test(arguments: try Vectors.rows("loopback"))
func `loopback addresses are told from others`(row: JSON) {
    #expect(IPAddressText.isLoopback(row["in"]?.string ?? "") == row["out"]?.bool)
}

@Test(
    arguments: [
        (nil, "localhost:1", true), ("http://localhost:1", "localhost:1", true),
        ("http://localhost:2", "localhost:1", false),
        ("http://evil.example", "localhost:1", false), ("null", "localhost:1", false),
        ("https://a.ts.net", "a.ts.net:443", true),
        ("http://LOCALHOST:1", "localhost:1", true), ("chrome-extension://abc", "localhost:1", false),
        ("http://localhost.evil.example:1", "localhost:1", false),
    ] as [(String?, String, Bool)])
func `a page counts as ours only under the very name and port asked for`(origin: String?, host: String, isSame: Bool) {
    #expect(RequestOrigin(peerAddress: "127.0.0.1", host: host, origin: origin).isSameOrigin == isSame)
}

@Test func `a name that begins like a loopback address is none`() {
    #expect(!IPAddressText.isLoopback("127.0.0.1.evil.example"))
    #expect(!IPAddressText.isLoopback("127.evil"))
}

@Test(arguments: try Vectors.rows("client-ip"))
func `a client's address is what a trusted proxy says, or the peer's`(row: JSON) {
    let origin = RequestOrigin(
        peerAddress: row["remoteAddr"]?.string ?? "", host: nil, forwardedFor: row["xff"]?.string,
        realIP: row["realIp"]?.string)
    let trusted = row["trusted"]?.array?.compactMap(\.string) ?? []
    #expect(origin.clientAddress(trustedProxies: trusted) == row["out"]?.string ?? "")
}

@Test(
    arguments: [
        ("192.0.2.1", nil, [], "192.0.2.1"), ("192.0.2.1", "1.1.1.1", [], "192.0.2.1"),
        // What the client itself wrote stands first, what the proxy saw last.
        ("192.0.2.1", "1.1.1.1, 2.2.2.2", ["192.0.2.1"], "2.2.2.2"), ("::1", nil, [], "::1"),
        ("2001:db8:1:2:3:4:5:6", nil, [], "2001:db8:1:2::/64"), ("2001:db8::1", nil, [], "2001:db8:0:0::/64"),
        ("::ffff:192.0.2.1", nil, [], "192.0.2.1"), ("fe80::1", nil, [], "fe80:0:0:0::/64"),
    ] as [(String, String?, [String], String)])
func `a guesser is held responsible by an address it cannot choose`(
    peer: String, forwarded: String?, trusted: [String], expected: String
) {
    let origin = RequestOrigin(peerAddress: peer, host: nil, forwardedFor: forwarded)
    #expect(origin.accountableAddress(trustedProxies: trusted) == expected)
}
