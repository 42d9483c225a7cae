import DevTools
import Testing

@Suite struct DevToolsAddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:9222", DevToolsAddress(scheme: .http, host: "127.0.0.1", port: 9222)),
        ("HTTP://localhost:1/", DevToolsAddress(scheme: .http, host: "localhost", port: 1)),
        ("ws://[::1]:9/a?token=b#c", DevToolsAddress(scheme: .ws, host: "::1", port: 9, target: "/a?token=b")),
        ("ws://host", DevToolsAddress(scheme: .ws, host: "host", port: 80)),
        ("ws://host?x=1", DevToolsAddress(scheme: .ws, host: "host", port: 80, target: "/?x=1")),
    ])
    func `an address is read`(text: String, address: DevToolsAddress) throws {
        #expect(try DevToolsAddress(text) == address)
    }

    @Test(arguments: [
        ("127.0.0.1:9222", "scheme"), ("ftp://h", "use http or ws"), ("https://h", "TLS"), ("wss://h", "TLS"),
        ("http://", "names no host"), ("http://:9", "names no host"), ("http://h:0", "port"),
        ("http://h:65536", "port"),
        ("http://h:x", "port"), ("http://h:", "port"), ("http://[::1", "bracket"), ("http://[::1]9", "port"),
        ("http://a@h", "user name"), ("http://h/ä", "percent"), ("http://h/a\r\nb", "percent"),
        ("http://h o", "names no host"),
    ])
    func `what is no address is refused, with the reason`(text: String, reason: String) throws {
        let error = #expect(throws: DevToolsError.self) { try DevToolsAddress(text) }
        let description = try #require(error).description
        #expect(description.contains(reason), "\(description)")
    }

    @Test func `an address is shown without its query`() throws {
        #expect("\(try DevToolsAddress("ws://[::1]:9/a?token=secret"))" == "ws://[::1]:9/a")
    }
}
