import Foundation
import GatewayServer
import JSON
import Testing

@testable import Gateway

private let canvas = "/__mazelclaw__/canvas"

extension TestInstance {
    fileprivate func writePage(_ name: String, size: Int) throws {
        try FileManager.default.createDirectory(atPath: "\(self.canvas)", withIntermediateDirectories: true)
        try Data(repeating: UInt8(ascii: "x"), count: size).write(to: URL(filePath: "\(self.canvas)/\(name)"))
    }
}

extension Gateway {
    /// How many requests over HTTP were answered.
    fileprivate var answerCount: Int64 { services.httpTally.all.reduce(0) { $0 + $1.count } }
}

@Test func `ten requests that take a while, sent together, are all answered in order`() async throws {
    let instance = try TestInstance()
    try await instance.serving { _ in
        let wire = try Wire(port: instance.port)
        let tool = { (number: Int) in #"{"tool": "t\#(number)"}"# }
        for number in 0..<10 {
            let content = number % 2 == 0 ? tool(number) : ""
            wire.send(
                """
                \(number % 2 == 0 ? "POST /tools/invoke" : "GET /metrics") HTTP/1.1\r\nHost: localhost\r\n\
                Authorization: Bearer \(TestInstance.token)\r\nContent-Length: \(content.utf8.count)\r\n\
                \(number == 9 ? "Connection: close\r\n" : "")\r\n\(content)
                """)
        }
        let text = String(decoding: try await wire.readToEnd(), as: UTF8.self)
        let answers = text.components(separatedBy: "HTTP/1.1 ").dropFirst()
        #expect(answers.map { $0.prefix(3) } == (0..<10).map { $0 % 2 == 0 ? "404" : "200" })
        for (number, answer) in answers.enumerated() where number % 2 == 0 {
            #expect(answer.contains("Tool not available: t\(number)\""))
        }
    }
}

@Test func `a request waits until the answer before it has left`() async throws {
    let instance = try TestInstance()
    // More than the kernel takes in on both sides.
    let size = 16 << 20
    try instance.writePage("page.txt", size: size)
    try await instance.serving { gateway in
        let wire = try Wire(port: instance.port)
        for _ in 1...3 { wire.send("GET \(canvas)/page.txt HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        try await #expect(eventually { gateway.answerCount == 1 })
        // Another is served all the while, and the one who reads nothing is not asked what it wants next.
        for _ in 1...20 { try await #expect(instance.get("/health").status == 200) }
        #expect(gateway.answerCount == 21)
        for _ in 1...3 {
            let head = try #require(await wire.read(through: "\r\n\r\n"))
            #expect(head.contains("content-length: \(size)\r\n"))
            try await #expect(wire.skip(size))
        }
        #expect(gateway.answerCount == 23)
    }
}

@Test func `a file that shrinks while it is sent ends the connection, and nothing else`() async throws {
    let instance = try TestInstance()
    let size = 16 << 20
    try instance.writePage("page.txt", size: size)
    try await instance.serving { gateway in
        let wire = try Wire(port: instance.port)
        wire.send("GET \(canvas)/page.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try await #expect(eventually { gateway.answerCount == 1 })
        try instance.writePage("other.txt", size: 10)
        let file = try FileHandle(forUpdating: URL(filePath: "\(instance.canvas)/page.txt"))
        try file.truncate(atOffset: 1)
        #expect(try await wire.readToEnd().count < size)
        // The other one is sent as it is now.
        try await #expect(instance.get("\(canvas)/other.txt").body.utf8.count == 10)
    }
}

/// A page's size, and where its body ends in it: also across the border of two pieces that are read.
@Test(arguments: [
    (10, nil), (6, 0), (65_536, 0), (65_537, 0), (65_542, 65_536), (200_000, 65_533), (200_000, 134_462),
    (200_000, 134_464), (200_000, 134_466), (200_000, 134_468), (131_072, 131_066), (131_073, nil), (3_000_000, 5),
])
func `the script stands before the end of the body, wherever that is`(size: Int, end: Int?) async throws {
    let instance = try TestInstance()
    try instance.writePage("page.html", size: size)
    if let end {
        let file = try FileHandle(forUpdating: URL(filePath: "\(instance.canvas)/page.html"))
        try file.seek(toOffset: UInt64(end))
        try file.write(contentsOf: Data("</BODY".utf8))
    }
    try await instance.serving { _ in
        let page = try await instance.get("\(canvas)/page.html")
        let script = try #require(page.body.range(of: "<script>"))
        #expect(page.body.utf8.distance(from: page.body.startIndex, to: script.lowerBound) == end ?? size)
        #expect(page.has("content-length: \(page.body.utf8.count)"))
        #expect(page.body.utf8.count > size + 100)
    }
}

@Test func `bodies that are sent at once have room for so much`() async throws {
    let instance = try TestInstance.withEndpoints()
    var limits = ServerLimits()
    limits.bodies = 100_000
    try await instance.serving(limits: limits) { _ in
        let slow = try Wire(port: instance.port)
        let whole = TestInstance.post("/tools/invoke", String(repeating: " ", count: 90_000) + "{}")
        slow.send(String(whole.dropLast(2)))
        // Until it was taken in, there is room.
        try await #expect(
            eventually {
                try await instance.get("/metrics").body.contains("used{limit=\"request body bytes\"} 90000\n")
            })
        let refused = try await instance.exchange(whole)
        #expect(refused.status == 503)
        #expect(refused.has("retry-after: 1"))
        try await #expect(instance.post("/tools/invoke", ["tool": "x"]).status == 404)
        slow.send("{}")
        try await #expect(HTTPAnswer(slow.readToEnd()).status == 400)
        try await #expect(
            eventually { try await instance.get("/metrics").body.contains("used{limit=\"request body bytes\"} 0\n") })
        try await #expect(instance.exchange(whole).status == 400)
    }
}
