import JSON
import Policy
import Testing

@testable import Gateway

/// The origin a row of a table describes.
private func origin(of row: JSON, peer: String, host: String?) -> RequestOrigin {
    let headers = row["headers"] ?? row
    func field(_ names: String...) -> String? { names.lazy.compactMap { headers[$0]?.string }.first }
    return RequestOrigin(
        peerAddress: peer, host: host, forwardedFor: [field("x-forwarded-for", "xff")].compactMap(\.self),
        realIP: field("x-real-ip", "realIp"), isForwarded: field("x-forwarded-host") != nil)
}

private func rules(of row: JSON) -> OriginRules {
    OriginRules(trustedProxies: row["trusted"]?.array?.compactMap(\.string) ?? [], hasTailnet: true)
}

/// Rows in which the original let a client in as local that came from a trusted proxy, whose word for it nobody has.
private func isMended(_ row: JSON) -> Bool {
    row["trusted"]?.array?.contains("127.0.0.1") == true && IPAddress(row["remote"]?.string ?? "")?.isLoopback == true
}

@Test(arguments: try Vectors.rows("local-direct"))
func `a request is local only from here, by a local name, through no proxy`(row: JSON) {
    let origin = origin(of: row, peer: row["remote"]?.string ?? "", host: row["host"]?.string)
    #expect(origin.isLocal(rules(of: row)) == (row["out"]?.bool == true && !isMended(row)))
}

@Test(arguments: ["127.0.0.1", "::1", "127.0.0.9"])
func `what comes from where a trusted proxy is, is not local, whatever is said of it`(peer: String) {
    let rules = OriginRules(trustedProxies: ["127.0.0.1"])
    func isLocal(_ forwarded: [String] = [], realIP: String? = nil, by rules: OriginRules) -> Bool {
        RequestOrigin(peerAddress: peer, host: "localhost", forwardedFor: forwarded, realIP: realIP).isLocal(rules)
    }
    #expect(!isLocal(by: rules))
    #expect(!isLocal(["127.0.0.1"], by: rules))
    #expect(!isLocal(["127.0.0.1, 1.2.3.4"], by: rules))
    #expect(!isLocal(["127.0.0.1", "1.2.3.4"], by: rules))
    #expect(!isLocal(realIP: "127.0.0.1", by: rules))
    // Where none is trusted, or one elsewhere, who comes straight from here is.
    #expect(isLocal(by: OriginRules()))
    #expect(isLocal(by: OriginRules(trustedProxies: ["192.0.2.1", "no address"])))
    #expect(!isLocal(["127.0.0.1"], by: OriginRules()))
}

@Test(arguments: ["forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-server"])
func `a field by which proxies tell of themselves is known`(name: String) {
    #expect(RequestOrigin.isForwarding(name))
    #expect(RequestOrigin.isForwarding(name.uppercased()))
    #expect(!RequestOrigin.isForwarding("x-\(name)"))
}

@Test(arguments: try Vectors.rows("loopback"))
func `loopback addresses are told from others`(row: JSON) {
    #expect((IPAddress(row["in"]?.string ?? "")?.isLoopback ?? false) == row["out"]?.bool)
}

@Test(
    arguments: [
        (nil, "localhost:1", true), ("http://localhost:1", "localhost:1", true),
        ("http://localhost:2", "localhost:1", false),
        ("http://evil.example", "localhost:1", false), ("null", "localhost:1", false),
        ("https://a.ts.net", "a.ts.net:443", true), ("http://[::1]:1", "[::1]:1", true),
        ("http://LOCALHOST:1", "localhost:1", true), ("chrome-extension://abc", "localhost:1", false),
        ("http://localhost.evil.example:1", "localhost:1", false), ("http://localhost:1@evil", "localhost:1", false),
    ] as [(String?, String, Bool)])
func `a page counts as ours only under the very name and port asked for`(origin: String?, host: String, isSame: Bool) {
    #expect(RequestOrigin(peerAddress: "127.0.0.1", host: host, origin: origin).isSameOrigin == isSame)
}

@Test(
    arguments: [
        ("localhost", "localhost", nil), ("LocalHost:80", "localhost", 80), ("127.0.0.1:1", "127.0.0.1", 1),
        ("[::1]", "::1", nil), ("[::1]:65535", "::1", 65535), ("a_b-c.example:", "a_b-c.example", nil),
    ] as [(String, String, UInt16?)])
func `Host is a name or an address, and perhaps a port`(text: String, name: String, port: UInt16?) {
    #expect(HostField(text)?.name == name)
    #expect(HostField(text)?.port == port)
    #expect(RequestOrigin(peerAddress: "127.0.0.1", host: text).hasValidHost)
}

@Test(arguments: [
    "localhost:80@evil", "[::1]evil", "[::1]:1x", "[::1", "::1", "localhost:99999", "localhost:+80", "localhost:80:80",
    "user@localhost", "localhost/", "localhost ", " localhost", "local host", "[127.0.0.1]", "[]", ":80", "löcalhost",
    "localhost,evil", "localhost\\evil", "[::1%25lo]", String(repeating: "a", count: 254), "",
])
func `what is no Host is the name of nobody`(text: String) {
    let origin = RequestOrigin(peerAddress: "127.0.0.1", host: text)
    #expect(!origin.hasValidHost)
    #expect(!origin.hasAcceptableHost(OriginRules()))
    #expect(!origin.hasAcceptableHost(OriginRules(trustedProxies: ["127.0.0.1"])))
    #expect(!origin.isLocal(OriginRules()))
}

@Test func `names of a tailnet are this host's only where one is configured`() {
    let origin = RequestOrigin(peerAddress: "127.0.0.1", host: "foo.ts.net")
    #expect(origin.isLocal(OriginRules(hasTailnet: true)))
    #expect(!origin.isLocal(OriginRules()))
    #expect(!origin.hasAcceptableHost(OriginRules()))
    #expect(!RequestOrigin(peerAddress: "127.0.0.1", host: "foots.net").isLocal(OriginRules(hasTailnet: true)))
}

@Test(arguments: try Vectors.rows("client-ip"))
func `a client's address is what a trusted proxy says, or the peer's`(row: JSON) {
    let origin = origin(of: row, peer: row["remoteAddr"]?.string ?? "", host: nil)
    // The original took the first listed, which the client may have written itself.
    let expected = row["xff"] == "2.2.2.2, 3.3.3.3" ? "3.3.3.3" : row["out"]?.string ?? ""
    #expect(origin.clientAddress(rules(of: row)) == expected)
}

@Test(
    arguments: [
        ("192.0.2.1", [], [], "192.0.2.1"), ("192.0.2.1", ["1.1.1.1"], [], "192.0.2.1"),
        // What the client itself wrote stands first, what the proxies saw last.
        ("192.0.2.1", ["1.1.1.1, 2.2.2.2"], ["192.0.2.1"], "2.2.2.2"),
        ("192.0.2.1", ["1.1.1.1", "2.2.2.2"], ["192.0.2.1"], "2.2.2.2"),
        ("192.0.2.1", ["127.0.0.1", "2.2.2.2, 192.0.2.9"], ["192.0.2.1", "192.0.2.9"], "2.2.2.2"),
        ("192.0.2.1", ["192.0.2.9"], ["192.0.2.1", "192.0.2.9"], "192.0.2.9"),
        ("192.0.2.1", ["1.1.1.1, unknown"], ["192.0.2.1"], "192.0.2.1"),
        ("192.0.2.1", ["1.1.1.1, 127.0.0.1:x"], ["192.0.2.1"], "192.0.2.1"),
        ("192.0.2.1", [""], ["192.0.2.1"], "192.0.2.1"),
        ("192.0.2.1", ["[2001:db8:1:2::7]:443"], ["192.0.2.1"], "2001:db8:1:2::/64"),
        ("::1", [], [], "loopback"), ("127.255.255.254", [], [], "loopback"), ("127.0.0.1", [], [], "loopback"),
        ("2001:db8:1:2:3:4:5:6", [], [], "2001:db8:1:2::/64"), ("2001:db8::1", [], [], "2001:db8::/64"),
        ("::ffff:192.0.2.1", [], [], "192.0.2.1"), ("fe80::1", [], [], "fe80::/64"),
    ] as [(String, [String], [String], String)])
func `a guesser is held responsible by an address it cannot choose`(
    peer: String, forwarded: [String], trusted: [String], expected: String
) {
    let origin = RequestOrigin(peerAddress: peer, host: nil, forwardedFor: forwarded)
    #expect(origin.accountableAddress(OriginRules(trustedProxies: trusted)) == expected)
}

/// Ways to write an address, and what it is to a gateway that trusts the proxies at 192.0.2.7 and 2001:db8::7.
@Test(
    arguments: [
        // Loopback, however it is written.
        ("127.0.0.1", .loopback), ("127.8.9.1", .loopback), ("::1", .loopback), ("0:0:0:0:0:0:0:1", .loopback),
        ("0000:0000:0000:0000:0000:0000:0000:0001", .loopback), ("::0:1", .loopback), ("::0.0.0.1", .loopback),
        ("::ffff:127.0.0.1", .loopback), ("::FFFF:7f00:1", .loopback), ("0:0:0:0:0:fFfF:127.0.0.1", .loopback),
        // The proxies, however they are written.
        ("192.0.2.7", .proxy), ("::ffff:192.0.2.7", .proxy), ("::FFFF:C000:0207", .proxy), ("2001:db8::7", .proxy),
        ("2001:DB8::7", .proxy), ("2001:db8:0:0:0:0:0:7", .proxy), ("2001:0db8::0007", .proxy),
        ("2001:db8::0.0.0.7", .proxy),
        // Others that look like them: other forms of IPv4 within IPv6 are no addresses of a host.
        ("::127.0.0.1", .other), ("::192.0.2.7", .other), ("64:ff9b::127.0.0.1", .other), ("2002:7f00:1::", .other),
        ("::ffff:0:127.0.0.1", .other), ("fe80::1", .other), ("2001:db8::7:0", .other), ("::", .other),
        ("::ffff:0.0.0.0", .other), ("0.0.0.0", .other), ("192.0.2.70", .other),
        // No addresses: with a zone, in brackets, with a port, in other notations, and what only looks like digits.
        ("::1%lo", .other), ("::1%1", .other), ("fe80::1%eth0", .other), ("2001:db8::7%eth0", .other),
        ("127.0.0.1%lo", .other), ("[::1]", .other), ("127.0.0.1:80", .other), ("127.1", .other),
        ("0x7f.0.0.1", .other), ("0177.0.0.1", .other), ("2130706433", .other), ("127.0.0.01", .other),
        (" 127.0.0.1", .other), ("::1\u{0}", .other), ("::１", .other), ("1::1::1", .other), (":::1", .other),
        ("0:0:0:0:0:0:0:0:1", .other), ("::00001", .other), ("::ffff:127.0.0.1.1", .other), ("", .other),
    ] as [(String, Standing)])
func `who is trusted is decided by the address, however it is written`(text: String, standing: Standing) {
    let rules = OriginRules(trustedProxies: ["192.0.2.7", "2001:db8::7"])
    // As the other end of a connection.
    let peer = RequestOrigin(peerAddress: text, host: "localhost")
    #expect(peer.isLocal(rules) == (standing == .loopback))
    let named = RequestOrigin(peerAddress: text, host: "gateway.example")
    #expect(named.hasAcceptableHost(rules) == (standing == .proxy))
    let passing = RequestOrigin(peerAddress: text, host: "gateway.example", forwardedFor: ["198.51.100.1"])
    #expect((passing.clientAddress(rules) == "198.51.100.1") == (standing == .proxy))
    // As the configuration writes whom it trusts.
    let trusting = OriginRules(trustedProxies: [text])
    for (address, own) in [("192.0.2.7", Standing.proxy), ("2001:db8::7", .proxy), ("::1", .loopback)] {
        let origin = RequestOrigin(peerAddress: address, host: "gateway.example")
        let isMeant = standing == own && (own == .loopback || IPAddress(text)?.unmapped == IPAddress(address))
        #expect(origin.hasAcceptableHost(trusting) == isMeant, "\(address)")
    }
    // As an address that a trusted proxy saw: it says nothing of who may do what.
    let seen = RequestOrigin(peerAddress: "192.0.2.7", host: "localhost", forwardedFor: [text])
    #expect(!seen.isLocal(rules))
    #expect(!RequestOrigin(peerAddress: "192.0.2.9", host: "localhost", forwardedFor: [text]).isLocal(rules))
}

/// What an address is to a gateway.
enum Standing {
    case loopback, proxy, other
}

@Test(
    arguments: [
        ("[::1]", "::1", true), ("[0:0:0:0:0:0:0:1]:80", "::1", true), ("[::0.0.0.1]", "::1", true),
        ("[2001:DB8:0:0:0:0:0:1]", "2001:db8::1", false), ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1", false),
        ("[::FFFF:7F00:1]", "::ffff:127.0.0.1", false), ("127.0.0.2", "127.0.0.2", false), ("127.1", "127.1", false),
        ("0177.0.0.1", "0177.0.0.1", false), ("2130706433", "2130706433", false),
    ])
func `an address in Host is known however it is written, and only loopback's own names are local`(
    text: String, name: String, isLocal: Bool
) {
    let origin = RequestOrigin(peerAddress: "::1", host: text)
    #expect(origin.hostName == name)
    #expect(origin.isLocal(OriginRules()) == isLocal)
    #expect(origin.hasAcceptableHost(OriginRules()) == isLocal)
}

@Test(arguments: ["[::1%lo]", "[::1%25lo]", "[fe80::1%eth0]", "[::1]]", "[[::1]]", "[::1", "[127.0.0.1]", "[::g]"])
func `an address in Host with a zone, or that is none, is nobody's`(text: String) {
    let origin = RequestOrigin(peerAddress: "::1", host: text)
    #expect(!origin.hasValidHost)
    #expect(!origin.isLocal(OriginRules()))
}

@Test(
    arguments: [
        ("http://[0:0:0:0:0:0:0:1]:7", "[::1]:7", true), ("http://[::1]", "[0::1]:80", true),
        ("http://[::FFFF:127.0.0.1]:7", "[::ffff:7f00:1]:7", true), ("http://127.0.0.1:7", "[::ffff:7f00:1]:7", false),
        ("http://[::1%25lo]:7", "[::1]:7", false), ("http://[::2]:7", "[::1]:7", false),
    ])
func `a page at an address is ours however the address is written`(origin: String, host: String, isSame: Bool) {
    #expect(RequestOrigin(peerAddress: "::1", host: host, origin: origin).isSameOrigin == isSame)
}
