import Policy
import Testing

@Suite struct ConnectRequestTests {
    @Test(
        arguments: [
            ("CONNECT example.com:443 HTTP/1.1\r\n\r\n", "example.com", 443),
            ("CONNECT Example.com.:443 HTTP/1.0\r\nHost: other:80\r\n\r\n", "example.com", 443),
            ("CONNECT 192.0.2.7:80 HTTP/1.1\r\n\r\nmore", "192.0.2.7", 80),
            ("CONNECT [2001:db8::7]:443 HTTP/1.1\r\nA: b\r\n\r\n", "2001:db8::7", 443),
        ] as [(String, String, UInt16)])
    func `a request is read, and what follows is left`(text: String, host: String, port: UInt16) throws {
        guard case .connect(let destination, let given, let length) = ConnectRequest(Array(text.utf8)) else {
            Issue.record("\(ConnectRequest(Array(text.utf8)))")
            return
        }
        #expect(given == port)
        switch destination {
        case .name(let name): #expect(name.text == host)
        case .address(let address): #expect("\(address)" == host)
        }
        #expect(Array(text.utf8)[..<length].suffix(4) == Array("\r\n\r\n".utf8)[...])
    }

    @Test(arguments: [
        ("GET http://example.com/ HTTP/1.1\r\n\r\n", 405), ("connect example.com:443 HTTP/1.1\r\n\r\n", 405),
        ("CONNECT example.com HTTP/1.1\r\n\r\n", 400), ("CONNECT example.com:443\r\n\r\n", 400),
        ("CONNECT example.com:443 HTTP/2\r\n\r\n", 400), ("CONNECT  example.com:443 HTTP/1.1\r\n\r\n", 400),
        ("CONNECT 127.1:443 HTTP/1.1\r\n\r\n", 400), ("CONNECT a@b:443 HTTP/1.1\r\n\r\n", 400),
        ("CONNECT a\tb:443 HTTP/1.1\r\n\r\n", 400), ("\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\r\n\r\n", 400),
    ])
    func `what is no CONNECT request is answered with why`(text: String, status: Int) {
        guard case .fault(let given, let reason) = ConnectRequest(Array(text.utf8)) else {
            Issue.record("\(ConnectRequest(Array(text.utf8)))")
            return
        }
        #expect(given == status)
        #expect(!reason.isEmpty)
    }

    @Test func `every beginning of a request is incomplete`() {
        let text = Array("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n".utf8)
        for length in 0..<text.count { #expect(ConnectRequest(Array(text[..<length])) == .incomplete) }
    }

    @Test func `a head without an end is refused before it fills memory`() {
        let text = Array("CONNECT example.com:443 HTTP/1.1\r\n".utf8) + Array(repeating: UInt8(ascii: "a"), count: 9000)
        guard case .fault(431, _) = ConnectRequest(text) else {
            Issue.record("it is taken")
            return
        }
        // An end beyond the limit counts for nothing.
        guard case .fault(431, _) = ConnectRequest(text + Array("\r\n\r\n".utf8)) else {
            Issue.record("it is taken")
            return
        }
    }

    @Test(arguments: [400, 403, 405, 408, 431, 502, 503, 504])
    func `a refusal is an HTTP answer that says why`(status: Int) {
        let text = String(decoding: ConnectRequest.refusal(status: status, reason: "because"), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(text.contains("Content-Length: 23\r\n"))
        #expect(text.hasSuffix("\r\n\r\nmazelclaw-run: because\n"))
        #expect(text.contains("Allow: CONNECT\r\n") == (status == 405))
    }
}
