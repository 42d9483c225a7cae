import Policy
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("fe80::0:1", "fe80::1"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("::ffff:0a00:1", "::ffff:10.0.0.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
    func `an address is read, and written as RFC 5952 has it`(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.0.0.1", "1.2.3.-4", "+1.2.3.4", "0x7f.0.0.1", ":", ":::",
        "1::2::3", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "+1::", "-1::", "g::", "[::1]", "::1%lo", "::1.2.3",
        "1.2.3.4::", "localhost", " ::1",
        ":1:2:3:4:5:6:7:8", "::1:",
    ])
    func `anything else is none`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.255.254", true), ("::1", true), ("::ffff:127.0.0.1", true), ("128.0.0.1", false),
        ("::", false),
        ("0.0.0.0", false), ("::ffff:0.0.0.0", false), ("::127.0.0.1", false), ("1::1", false),
        ("::ffff:8.8.8.8", false),
    ])
    func `loopback is 127 slash 8, mapped or not, and colon colon one`(text: String, isLoopback: Bool) throws {
        #expect(try #require(IPAddress(text)).isLoopback == isLoopback)
    }

    @Test(arguments: [("0.0.0.0", true), ("::", true), ("::ffff:0.0.0.0", true), ("::1", false), ("127.0.0.1", false)])
    func `three addresses stand for all`(text: String, isUnspecified: Bool) throws {
        #expect(try #require(IPAddress(text)).isUnspecified == isUnspecified)
    }
}
