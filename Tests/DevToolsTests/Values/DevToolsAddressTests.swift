import DevTools
import Testing

@Suite struct DevToolsAddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:9222", DevToolsAddress(scheme: .http, host: "127.0.0.1", port: 9222)),
        ("HTTP://localhost:1/", DevToolsAddress(scheme: .http, host: "localhost", port: 1)),
        ("ws://[::1]:9/a?token=b#c", DevToolsAddress(scheme: .ws, host: "::1", port: 9, target: "/a?token=b")),
        ("ws://host", DevToolsAddress(scheme: .ws, host: "host", port: 80)),
        ("https://host", DevToolsAddress(scheme: .https, host: "host", port: 443)),
        (
            "wss://Aladdin:open%20sesame@[::1]/x",
            DevToolsAddress(
                scheme: .wss, host: "::1", port: 443, target: "/x", authorization: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        ),
        ("http://t@h", DevToolsAddress(scheme: .http, host: "h", port: 80, authorization: "Basic dDo=")),
        ("ws://host?x=1", DevToolsAddress(scheme: .ws, host: "host", port: 80, target: "/?x=1")),
    ])
    func `an address is read`(text: String, address: DevToolsAddress) throws {
        #expect(try DevToolsAddress(text) == address)
    }

    @Test(arguments: [
        ("127.0.0.1:9222", "scheme"), ("ftp://h", "use http, https, ws or wss"), ("http://%x@h", "percent"),
        ("http://", "names no host"), ("http://:9", "names no host"), ("http://h:0", "port"),
        ("http://h:65536", "port"),
        ("http://h:x", "port"), ("http://h:", "port"), ("http://[::1", "bracket"), ("http://[::1]9", "port"),
        ("http://h/ä", "percent"), ("http://h/a\r\nb", "percent"),
        ("http://h o", "names no host"),
    ])
    func `what is no address is refused, with the reason`(text: String, reason: String) throws {
        let error = #expect(throws: DevToolsError.self) { try DevToolsAddress(text) }
        let description = try #require(error).description
        #expect(description.contains(reason), "\(description)")
    }

    @Test func `an address is shown without what may be secret, also one that is refused`() throws {
        #expect("\(try DevToolsAddress("ws://u:secret@[::1]:9/a?token=secret"))" == "ws://[::1]:9/a")
        for text in ["ftp://u:secret@h/a?token=secret", "http://u:secret@h:x?secret", "http://%secret@h"] {
            let error = try #require(#expect(throws: DevToolsError.self) { try DevToolsAddress(text) })
            #expect(!error.description.contains("secret"), "\(error)")
        }
    }
}
