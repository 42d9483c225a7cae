import Testing
import Text
import Time

@testable import ModelServices

@Suite struct ServiceAddressTests {
    @Test(arguments: [
        ("https://api.example.com/v1/", "https://api.example.com", "/v1"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434", "/v1"),
        ("HTTPS://Api.Example", "https://api.example", ""), ("http://[::1]:8080/a/b", "http://[::1]:8080", "/a/b"),
    ])
    func `an address is read`(text: String, origin: String, path: String) throws {
        let address = try ServiceAddress(text)
        #expect(address.origin == origin)
        #expect(address.path == path)
        #expect(address.description == origin + path)
    }

    @Test(arguments: [
        "", "api.example.com", "ftp://a", "http://", "http://:80", "http://a:0", "http://a:65536", "http://a:b",
        "https://user:secret@a/v1", "https://a/v1?key=secret", "https://a/#x", "https://a b", "https://a\r\nx: y",
        "http://[::1",
        "http://ä.example",
    ])
    func `what is no address is refused, and not repeated`(text: String) throws {
        let fault = #expect(throws: ServiceAddress.Fault.self) { try ServiceAddress(text) }
        #expect(fault?.description.contains("secret") == false)
    }
}

@Suite struct ModelPriceTests {
    @Test func `a cost is the sum of its parts`() {
        let price = ModelPrice(input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75)
        let usage = ModelUsage(input: 1_000_000, output: 100_000, cacheRead: 2_000_000, cacheWrite: 40_000)
        let cost = price.cost(of: usage)
        #expect(cost.input == 3)
        #expect(cost.output == 1.5)
        #expect(abs(cost.cacheRead - 0.6) < 1e-9)
        #expect(abs(cost.total - 5.25) < 1e-9)
        #expect(usage.total == 3_140_000)
        #expect(ModelPrice().cost(of: usage).total == 0)
    }
}

@Suite struct ProxySettingsTests {
    private func proxy(_ environment: [String: String], _ address: String) throws -> String? {
        try ProxySettings(environment: environment).proxy(for: try ServiceAddress(address)).map { proxy in
            "\(proxy.kind) \(proxy.host):\(proxy.port)"
        }
    }

    @Test(
        arguments: [
            ("https://a.example", "http sec:3128"), ("http://a.example", "http plain:80"), ("https://b.local", nil),
            ("https://deep.b.local", nil), ("https://notb.local", "http sec:3128"), ("http://127.0.0.1:11434", nil),
            ("http://[::1]:1", nil), ("https://c.example:8443", nil), ("https://c.example", "http sec:3128"),
            ("https://d.example", nil),
        ] as [(String, String?)])
    func `the environment says who is reached through what`(address: String, expected: String?) throws {
        let environment = [
            "HTTPS_PROXY": "http://sec:3128", "HTTP_PROXY": "http://upper:1", "http_proxy": "plain",
            "NO_PROXY": ".b.local, 127.0.0.1,::1,c.example:8443,*.d.example",
        ]
        #expect(try proxy(environment, address) == expected)
    }

    @Test func `without a proxy of its own a scheme goes through the one for all`() throws {
        #expect(try proxy(["ALL_PROXY": "socks5h://s"], "https://a") == "socks s:1080")
        #expect(try proxy(["ALL_PROXY": "socks5://[::1]:9"], "http://a") == "socks ::1:9")
        #expect(try proxy(["ALL_PROXY": "http://a", "no_proxy": "*"], "http://a") == nil)
        #expect(try proxy([:], "http://a") == nil)
    }

    @Test(arguments: ["https://tls-proxy", "http://", "nonsense://x", "http://a:99999", "http://u:%FF@a"])
    func `nothing is sent past a proxy that cannot be used`(text: String) throws {
        let failure = #expect(throws: ModelFailure.self) { try proxy(["HTTPS_PROXY": text], "https://a") }
        #expect(failure?.message.contains("HTTPS_PROXY") == true)
    }

    @Test func `a proxy's password is decoded`() throws {
        let settings = ProxySettings(environment: ["HTTP_PROXY": "http://us%3Aer:p%40ss@p:1"])
        let proxy = try #require(try settings.proxy(for: try ServiceAddress("http://a")))
        #expect(proxy.credentials == ProxySettings.Credentials(name: "us:er", password: "p@ss"))
    }
}

@Suite struct HTTPDateTests {
    @Test func `a date of HTTP is read`() {
        #expect(HTTPDate.time("Sun, 06 Nov 1994 08:49:37 GMT")?.milliseconds == 784_111_777_000)
        #expect(HTTPDate.time("Thu, 01 Jan 1970 00:00:00 GMT")?.milliseconds == 0)
    }

    @Test(arguments: [
        "", "soon", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 29 Feb 2023 08:49:37 GMT",
    ])
    func `what is none is none`(text: String) {
        #expect(HTTPDate.time(text) == nil)
    }
}
