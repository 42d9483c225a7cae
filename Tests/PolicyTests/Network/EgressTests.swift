import Policy
import Testing

@Suite struct EgressTests {
    @Test(arguments: [
        "example.com:443", "*.example.com:443", "192.0.2.7:8443", "[2001:db8::7]:443", "localhost:1",
        "a_b.example:65535",
    ])
    func `a rule reads as it is written`(text: String) {
        #expect(EgressRule(text)?.description == text)
    }

    @Test func `a rule's name is in lower case and without its final dot`() {
        #expect(EgressRule("Example.COM.:443")?.description == "example.com:443")
        #expect(EgressRule("[::ffff:192.0.2.7]:443") == EgressRule("192.0.2.7:443"))
    }

    @Test(arguments: [
        "", "example.com", "example.com:", "example.com:0", "example.com:65536", "example.com:+1", ":443", "*:443",
        "*.:443", "a.*.b:443", "*.192.0.2.7:443", "2001:db8::7:443", "[192.0.2.7]:443", "[x]:443", "-a.com:443",
        "a-.com:443", "a..com:443", ".com:443", "a b:443", "127.1:443", "2130706433:443", "0x7f000001:443",
        "0x7f.1:443", "1.2.3.4.5:443", "exämple.com:443", "a/b:443", "user@a:443",
    ])
    func `what is no rule is none`(text: String) {
        #expect(EgressRule(text) == nil)
    }

    private static let rules = EgressRules(
        ["example.com:443", "*.example.org:443", "192.0.2.7:8443", "10.0.0.1:5432"].compactMap(EgressRule.init))

    @Test(
        arguments: [
            ("example.com", 443, true), ("EXAMPLE.com.", 443, true), ("example.com", 80, false),
            ("a.example.com", 443, false), ("notexample.com", 443, false), ("example.com.evil.net", 443, false),
            ("a.example.org", 443, true), ("a.b.example.org", 443, true), ("example.org", 443, false),
            ("aexample.org", 443, false), ("192.0.2.7.nip.io", 8443, false),
        ] as [(String, UInt16, Bool)])
    func `a name is permitted by the list alone`(name: String, port: UInt16, isAllowed: Bool) throws {
        let host = try #require(HostText(name))
        #expect((Self.rules.decide(host, port) == .allowed) == isAllowed)
    }

    @Test(
        arguments: [
            ("192.0.2.7", 8443, true), ("::ffff:192.0.2.7", 8443, true), ("192.0.2.7", 443, false),
            ("192.0.2.8", 8443, false), ("93.184.216.34", 443, false),
        ] as [(String, UInt16, Bool)])
    func `an address is permitted by the list alone`(text: String, port: UInt16, isAllowed: Bool) throws {
        let address = try #require(IPAddress(text))
        #expect((Self.rules.decide(address, port) == .allowed) == isAllowed)
    }

    /// N42: where a name may lead only when the address is listed, too.
    @Test(arguments: [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.2", "100.64.0.1", "100.127.255.255",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "168.63.129.16", "100.100.100.200", "192.0.0.192", "192.31.196.1", "192.52.193.1",
        "192.88.99.1", "192.175.48.1", "::", "::1", "::2", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:168.63.129.16",
        "::ffff:0.0.0.0", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a83f:8110", "64:ff9b:0:0:0:1:808:808",
        "64:ff9b:1::808:808", "100::1", "100:0:0:1::1", "2001::1", "2001:10::1", "2001:1ff:ffff::1", "2001:db8::1",
        "2002:7f00:1::", "2620:4f:8000::1", "3fff::1", "3fff:fff:ffff::1", "4000::1", "5f00::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1",
    ])
    func `no name leads to a special address`(text: String) throws {
        let address = try #require(IPAddress(text))
        guard case .special(let use) = Self.rules.decide(resolved: address, 443) else {
            Issue.record("it is permitted")
            return
        }
        #expect(!use.isEmpty)
    }

    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15",
        "168.63.129.17", "192.31.195.255", "192.88.98.255", "192.88.100.0", "192.175.49.0", "::ffff:93.184.216.34",
        "64:ff9b::93.184.216.34", "2001:200::1", "2003::1", "2620:4f:8001::1", "3ffe:ffff::1", "3fff:1000::1",
        "2606:4700:4700::1111", "2a00:1450::1",
    ])
    func `a name leads to an address of the Internet`(text: String) throws {
        #expect(Self.rules.decide(resolved: try #require(IPAddress(text)), 443) == .allowed)
    }

    @Test func `a name leads to a special address that is listed for that port`() throws {
        let address = try #require(IPAddress("10.0.0.1"))
        #expect(Self.rules.decide(resolved: address, 5432) == .allowed)
        #expect(Self.rules.decide(resolved: address, 443) == .special(use: "private"))
    }

    @Test func `the ports are those of the rules, each once`() {
        #expect(Self.rules.ports == [443, 5432, 8443])
        #expect(Self.rules.haveNames)
        #expect(!EgressRules(["192.0.2.7:1"].compactMap(EgressRule.init)).haveNames)
    }
}
