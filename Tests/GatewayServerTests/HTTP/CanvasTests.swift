import Foundation
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway
@testable import Text

private let prefix = "/__mazelclaw__/canvas"

private func withCanvas(_ body: (TestInstance) async throws -> Void) async throws {
    let instance = try TestInstance()
    let canvas = instance.canvas.text
    let files = FileManager.default
    try files.createDirectory(atPath: "\(canvas)/sub", withIntermediateDirectories: true)
    try files.createDirectory(atPath: "\(canvas)/empty", withIntermediateDirectories: true)
    try "inside".write(toFile: "\(canvas)/sub/a b.txt", atomically: true, encoding: .utf8)
    try "sub index".write(toFile: "\(canvas)/sub/index.html", atomically: true, encoding: .utf8)
    try "outside".write(toFile: "\(instance.directory)/secret.txt", atomically: true, encoding: .utf8)
    try files.createSymbolicLink(atPath: "\(canvas)/link.txt", withDestinationPath: "\(instance.directory)/secret.txt")
    try files.createSymbolicLink(atPath: "\(canvas)/up", withDestinationPath: instance.directory.text)
    try files.createSymbolicLink(atPath: "\(canvas)/within.txt", withDestinationPath: "sub/index.html")
    try #require(mkfifo("\(canvas)/pipe", 0o600) == 0)
    try await instance.serve { _ in try await body(instance) }
}

@Test(arguments: [
    ("/", 200, "text/html; charset=utf-8"), ("/index.html", 200, "text/html; charset=utf-8"),
    ("/sub/", 200, "text/html; charset=utf-8"), ("/sub/a%20b.txt", 200, "text/plain; charset=utf-8"),
    ("", 308, ""), ("/sub", 308, ""), ("/empty/", 404, "application/json"), ("/nothing.txt", 404, "application/json"),
    ("/sub/a%20b.txt/", 404, "application/json"),
])
func `the canvas serves its files`(path: String, status: Int, type: String) async throws {
    try await withCanvas { instance in
        let answer = try await instance.get(prefix + path)
        #expect(answer.status == status)
        #expect(answer.has("cache-control: no-store"))
        if !type.isEmpty { #expect(answer.has("content-type: \(type)")) }
        if status == 308 { #expect(answer.has("location: \(prefix)\(path)/")) }
    }
}

@Test(arguments: ["openclaw", "moltbot"])
func `programs that know another name find the canvas and its changes`(name: String) async throws {
    try await withCanvas { instance in
        try await #expect(instance.get("/__\(name)__/canvas/sub/a%20b.txt").body == "inside")
        try await #expect(
            instance.get("/__\(name)__/canvas/sub?x=1").has("location: /__mazelclaw__/canvas/sub/?x=1"))
        // Neither is nearer to anything beside it, nor open to others.
        try await #expect(instance.get("/__\(name)__/canvas/../../secret.txt").status == 400)
        let foreign = ["Origin: http://evil.example"]
        try await #expect(instance.get("/__\(name)__/canvas/sub/", headers: foreign).status == 401)
        let page = try await WebSocketClient(port: instance.port, path: "/__\(name)__/ws")
        #expect(page.isUpgraded)
        page.frame(opcode: 1, [])
        page.frame(opcode: 9, [7])
        // A client of the protocol would first hear a challenge.
        try await #expect(page.rawFrame()?.opcode == 10)
        // Names that nobody has mean nothing.
        try await #expect(instance.get("/__evil\(name)__/canvas/sub/").status == 404)
    }
}

@Test(arguments: [
    "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/../../secret.txt",
    "/sub/%2e%2e/%2e%2e/secret.txt",
    "/link.txt", "/up/secret.txt", "/within.txt", "/pipe", "//secret.txt", "/%00", "/%zz", "/sub%2fa b.txt",
    "/..\\secret.txt", "/%c0%ae%c0%ae/secret.txt", "/.",
])
func `nothing beside the canvas is served`(path: String) async throws {
    try await withCanvas { instance in
        let answer = try await instance.get(prefix + path.replacingOccurrences(of: " ", with: "%20"))
        #expect([400, 404].contains(answer.status))
        #expect(!answer.body.contains("outside"))
    }
}

@Test func `a canvas that is itself a link is not followed`() async throws {
    let instance = try TestInstance()
    try FileManager.default.removeItem(atPath: instance.canvas.text)
    try FileManager.default.createSymbolicLink(atPath: instance.canvas.text, withDestinationPath: "/etc")
    try await instance.serve { _ in
        try await #expect(instance.get("\(prefix)/passwd").status == 404)
    }
}

@Test(
    arguments: [
        ([], 200), (["X-Forwarded-For: 203.0.113.7"], 401), (["X-Real-IP: 203.0.113.7"], 401),
        (["X-Forwarded-For: 203.0.113.7", "Authorization: Bearer \(TestInstance.token)"], 200),
        (["X-Forwarded-For: 203.0.113.7", "Authorization: Bearer wrong"], 401),
        (["X-Forwarded-For: 203.0.113.7", "Authorization: Basic \(TestInstance.token)"], 401),
        (["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"], 401),
        (["Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"], 401),
        (["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"], 200), (["Sec-Fetch-Site: same-origin"], 200),
        (["Origin: http://evil.example"], 401),
    ] as [([String], Int)])
func `the canvas is for this host, and for whoever has the token`(headers: [String], status: Int) async throws {
    try await withCanvas { instance in
        try await #expect(instance.get("\(prefix)/", headers: headers).status == status)
    }
}

@Test func `the token may stand in the address`() async throws {
    try await withCanvas { instance in
        let headers = ["X-Forwarded-For: 203.0.113.7"]
        try await #expect(instance.get("\(prefix)/?token=\(TestInstance.token)", headers: headers).status == 200)
        try await #expect(instance.get("\(prefix)/?token=wrong", headers: headers).status == 401)
    }
}

@Test func `a large file arrives whole, and a slow reader holds nobody up`() async throws {
    let instance = try TestInstance()
    let content = String(repeating: "0123456789abcdef", count: 200_000)
    try content.write(toFile: "\(instance.canvas)/large.txt", atomically: true, encoding: .utf8)
    try await instance.serve { _ in
        let slow = try Wire(port: instance.port)
        slow.send("GET \(prefix)/large.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        try await #expect(instance.get("/ready").status == 200)
        #expect(HTTPAnswer(try await slow.readToEnd()).body == content)
    }
}

// MARK: Pages in a browser

/// What a browser sends when somebody opens a page.
private let browser = ["Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Accept: text/html,*/*;q=0.8"]

private func location(_ answer: HTTPAnswer) throws -> String {
    let line = answer.head.components(separatedBy: "\r\n").first { $0.hasPrefix("location: ") }
    return String(try #require(line).dropFirst("location: ".count))
}

@Test func `what agents write runs in an origin of its own, and in nobody's frame`() async throws {
    let policy =
        "content-security-policy: sandbox allow-scripts allow-forms allow-modals allow-popups allow-downloads; "
        + "frame-ancestors 'none'"
    try await withCanvas { instance in
        let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
        try svg.write(toFile: "\(instance.canvas)/a.svg", atomically: true, encoding: .utf8)
        for path in ["/", "/sub/", "/sub/a%20b.txt", "/a.svg"] {
            let answer = try await instance.get(prefix + path)
            #expect(answer.has(policy), "\(path)")
            #expect(answer.has("referrer-policy: no-referrer"))
            #expect(answer.has("cross-origin-resource-policy: same-origin"))
            let page = try await instance.get(location(instance.get(prefix + path, headers: browser)))
            #expect(page.has(policy), "\(path)")
        }
    }
}

@Test(arguments: [
    ("iframe", 403, 403), ("frame", 403, 403), ("embed", 403, 403), ("object", 403, 403), ("fencedframe", 403, 403),
    ("serviceworker", 403, 403), ("image", 403, 200), ("script", 403, 200), ("empty", 403, 200), ("document", 200, 200),
])
func `a page is for a tab of its own`(destination: String, page: Int, script: Int) async throws {
    try await withCanvas { instance in
        let headers = ["Sec-Fetch-Dest: \(destination)", "Sec-Fetch-Site: same-origin"]
        try "1".write(toFile: "\(instance.canvas)/a.js", atomically: true, encoding: .utf8)
        try await #expect(instance.get("\(prefix)/", headers: headers).status == page)
        try await #expect(instance.get("\(prefix)/a.js", headers: headers).status == script)
    }
}

@Test func `a browser is sent to an address without the token, from which the page's own files are had`() async throws {
    try await withCanvas { instance in
        try "{}".write(toFile: "\(instance.canvas)/sub/data.json", atomically: true, encoding: .utf8)
        let remote = ["X-Forwarded-For: 203.0.113.7"]
        let query = "?a=1&token=\(TestInstance.token)&b=2"
        try await #expect(instance.get("\(prefix)/sub/?token=wrong", headers: remote + browser).status == 401)
        let sent = try await instance.get("\(prefix)/sub/\(query)", headers: remote + browser)
        #expect(sent.status == 307)
        #expect(sent.has("referrer-policy: no-referrer"))
        let address = try location(sent)
        #expect(address.hasPrefix("/__mazelclaw__/page/") && address.hasSuffix("/sub/?a=1&b=2"))
        #expect(!address.contains(TestInstance.token))
        let directory = String(address.prefix { $0 != "?" })
        let page = try await instance.get(address, headers: remote + browser)
        #expect(page.status == 200)
        #expect(page.body.hasPrefix("sub index"))
        // Requests from the page look like those of another site.
        let own = remote + ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: empty", "Origin: null"]
        let data = try await instance.get(directory + "data.json", headers: own)
        #expect(data.status == 200)
        #expect(data.has("access-control-allow-origin: *"))
        #expect(data.has("cross-origin-resource-policy: cross-origin"))
        // What it may know opens nothing else, and another's guess nothing at all.
        let ticket = String(directory.split(separator: "/")[2])
        for path in ["/metrics", "\(prefix)/sub/data.json", "/avatar/main"] {
            let headers = own + ["Authorization: Bearer \(ticket)"]
            try await #expect(instance.get("\(path)?ticket=\(ticket)&token=\(ticket)", headers: headers).status == 401)
        }
        let other = String(ticket.reversed())
        try await #expect(
            instance.get(directory.replacing(ticket, with: other) + "data.json", headers: own).status == 401)
        try await #expect(instance.get("/__mazelclaw__/page/\(ticket)/../secret.txt").status == 400)
        try await #expect(instance.get("/__mazelclaw__/page/\(ticket)/link.txt").status == 404)
        // An address that is no longer valid leads to one that is, for whom the canvas is for.
        let old = "/__mazelclaw__/page/\(other)/sub/"
        try await #expect(location(instance.get(old, headers: browser)) == "\(prefix)/sub/")
    }
}

@Test func `a page goes on after a new start, and not with another secret`() async throws {
    let instance = try TestInstance()
    try "hi".write(toFile: "\(instance.canvas)/a.txt", atomically: true, encoding: .utf8)
    func address() async throws -> String {
        var address = ""
        try await instance.serve { _ in
            address = try await location(instance.get("\(prefix)/a.txt", headers: browser))
        }
        return address
    }
    let first = try await address()
    try await #expect(address() == first)
    let state = instance.configuration.instance.stateDirectory.value
    let other = try CanvasTicket(stateDirectory: state, secret: Secret("another"))
    #expect(!first.contains(other.text))
    #expect(try CanvasTicket(stateDirectory: state, secret: Secret(TestInstance.token)).text.count == 32)
}
