import Foundation
import JSON
import Policy
import Testing

@Suite struct SiblingRequestTests {
    private static let good = SiblingRequest(
        kind: "browser", program: "/usr/lib/chromium/chromium", arguments: ["--headless=new", "about:blank"])

    @Test func `what is sent is what is read`() throws {
        #expect(try SiblingRequest(bytes: Self.good.bytes) == Self.good)
        for order in [SiblingOrder.signal(15), .signal(9), .signal(2), .inspect(argument: "--type=renderer")] {
            #expect(try SiblingOrder(bytes: order.bytes) == order)
        }
        let seen = ProcessInspection(found: 3, inNestedNamespace: 2, underFurtherFilter: 1, memory: 5 << 32)
        for event in [SiblingEvent.started, .failed("why"), .ended(code: 143), .inspected(seen)] {
            #expect(try SiblingEvent(bytes: event.bytes) == event)
            #expect(event.bytes.count <= SiblingEvent.byteLimit)
        }
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{}", #"{"kind": "browser"}"#, #"{"kind": 1, "program": "/x", "arguments": []}"#,
        #"{"kind": "browser", "program": ["/x"], "arguments": []}"#,
        #"{"kind": "browser", "program": "/x", "arguments": "--x"}"#,
        #"{"kind": "browser", "program": "/x", "arguments": [1]}"#,
        #"{"kind": "browser", "program": "/x", "arguments": [["--x"]]}"#,
        #"{"kind": "browser", "program": "/x", "arguments": ["a\u0000b"]}"#,
        #"{"kind": "browser", "program": "/x\u0000y", "arguments": []}"#,
        #"{"kind": "browser", "program": "/x", "arguments": [], "mounts": []}"#,
        #"{"kind": "browser", "program": "/x", "arguments": [], "environment": {"LD_PRELOAD": "/x.so"}}"#,
        #"{"kind": "browser", "program": "/x", "arguments": [], "kind": "other"}"#,
        #"{"kind": "browser", "program": "/x", "arguments": []} {}"#,
    ])
    func `what is no request is refused`(text: String) {
        #expect(throws: PolicyError.self) { try SiblingRequest(bytes: Array(text.utf8)) }
    }

    @Test func `what is too much is refused`() {
        let many = SiblingRequest(
            kind: "browser", program: "/x", arguments: Array(repeating: "-", count: SiblingRequest.argumentLimit + 1))
        #expect(throws: PolicyError.self) { try SiblingRequest(bytes: many.bytes) }
        let long = SiblingRequest(
            kind: "browser", program: "/x", arguments: [String(repeating: "x", count: SiblingRequest.byteLimit)])
        #expect(throws: PolicyError.self) { try SiblingRequest(bytes: long.bytes) }
    }

    @Test(arguments: [
        "", "{}", #"{"signal": 19}"#, #"{"signal": 1}"#, #"{"signal": "15"}"#, #"{"signal": 15.5}"#,
        #"{"signal": 15, "inspect": "x"}"#, #"{"inspect": ""}"#, #"{"inspect": 1}"#, #"{"kill": 9}"#,
    ])
    func `what is no order is refused`(text: String) {
        #expect(throws: PolicyError.self) { try SiblingOrder(bytes: Array(text.utf8)) }
        #expect(throws: PolicyError.self) {
            try SiblingOrder(bytes: Array(#"{"inspect": "\#(String(repeating: "x", count: 300))"}"#.utf8))
        }
    }

    @Test func `a request that is damaged anywhere is refused, or another request, and never more`() throws {
        let bytes = Self.good.bytes
        for index in bytes.indices {
            for byte in [0, 0x22, 0x2C, 0x5C, 0x7B, 0x7D, 0xFF] as [UInt8] where bytes[index] != byte {
                var damaged = bytes
                damaged[index] = byte
                guard let read = try? SiblingRequest(bytes: damaged) else { continue }
                #expect(try SiblingRequest(bytes: read.bytes) == read)
            }
            #expect(throws: PolicyError.self) { try SiblingRequest(bytes: Array(bytes[..<index])) }
        }
    }

    @Test func `a kind lists its programs and its arguments, and how many there may be`() throws {
        let kind = SiblingKind(
            name: "browser", policy: "browser", directory: "browser",
            executables: [try PlanFixture.path("/usr/lib/chromium/chromium")],
            arguments: ["--headless=new", "--user-data-dir=*", "about:blank"], maximum: 2)
        #expect(kind.refusal(of: Self.good, running: 1) == nil)
        #expect(kind.refusal(of: Self.good, running: 2)?.rule == "too-many-siblings")
        for program in ["/bin/sh", "/usr/lib/chromium/../../bin/sh", "chromium", "", "/usr/lib/chromium/chromium/"] {
            var request = Self.good
            request.program = program
            #expect(kind.refusal(of: request, running: 0)?.rule == "sibling-program", "\(program)")
        }
        for argument in ["--renderer-cmd-prefix=/bin/sh", "--headless=new2", "", "--user-data-dir", "--no-sandbox"] {
            var request = Self.good
            request.arguments.append(argument)
            #expect(kind.refusal(of: request, running: 0)?.rule == "sibling-argument", "\(argument)")
        }
    }

    @Test(arguments: [
        (#"{"browser": {"policy": "browser", "executables": [], "arguments": []}}"#, "directory"),
        (#"{"browser": {"policy": "browser", "directory": "..", "executables": []}}"#, "directory"),
        (#"{"browser": {"policy": "browser", "directory": "a/b", "executables": []}}"#, "directory"),
        (#"{"browser": {"policy": "browser", "directory": "", "executables": []}}"#, "directory"),
        (#"{"browser": {"policy": "browser", "directory": "b", "executables": ["chromium"]}}"#, "executables"),
        (#"{"browser": {"policy": "browser", "directory": "b"}}"#, "executables"),
        (#"{"browser": {"directory": "b", "executables": []}}"#, "policy"),
        (#"{"browser": {"policy": "browser", "directory": "b", "executables": [], "maximum": 0}}"#, "maximum"),
        (#"{"browser": {"policy": "browser", "directory": "b", "executables": [], "mounts": []}}"#, "mounts"),
        (#"{"br/ow": {"policy": "browser", "directory": "b", "executables": []}}"#, "br/ow"),
        (#"["browser"]"#, "siblings"),
    ])
    func `a policy says of a kind what it must, and nothing else`(siblings: String, culprit: String) throws {
        let file = PlanFixture.repository.appending(path: "policies/browser.json")
        let text = try String(contentsOf: file, encoding: .utf8)
            .replacing(
                "\"nestedUserNamespaces\": 32,", with: "\"nestedUserNamespaces\": 32, \"siblings\": \(siblings),")
        do {
            _ = try SandboxPolicy(file: "policy.json", text: Array(text.utf8))
            Issue.record("it was accepted")
        } catch {
            #expect(error.description.contains(culprit), "\(error)")
        }
    }
}
