import Foundation
import JSON
import Testing

@testable import Configuration
@testable import Gateway

@Test(arguments: Carrier.allCases)
func `what agents may run is changed by whoever saw what it is`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    let path = "\(instance.configuration.instance.stateDirectory.value)/exec-approvals.json"
    try await instance.open(carrier) { door in
        let client = try await door.connected()
        let none = try await client.call("exec.approvals.get")?["payload"]
        #expect(none?["exists"] == false)
        #expect(none?["path"]?.string == path)
        #expect(none?["hash"] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let file: JSON = ["version": 1, "agents": ["main": ["allowlist": [["pattern": "/usr/bin/git"]]]]]
        let first = try await client.call("exec.approvals.set", ["file": file])?["payload"]
        #expect(first?["exists"] == true)
        #expect(first?["file"] == file)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        let hash = try #require(first?["hash"])
        for (params, fault) in [
            (["file": file], "exec approvals base hash required; re-run exec.approvals.get and retry"),
            (
                ["file": file, "baseHash": "00"],
                "exec approvals changed since last load; re-run exec.approvals.get and retry"
            ),
            (
                ["file": ["version": 1, "more": 1]],
                "invalid exec.approvals.set params: at /file: unexpected property 'more'"
            ),
        ] as [(JSON, String)] {
            let answer = try await client.call("exec.approvals.set", params)
            #expect(answer?["error"]?["message"]?.string == fault)
        }
        try await #expect(client.call("exec.approvals.get")?["payload"]?["hash"] == hash)
        let second = try await client.call("exec.approvals.set", ["file": ["version": 1], "baseHash": hash])
        #expect(second?["payload"]?["file"] == ["version": 1])
    }
}

@Test(arguments: Carrier.allCases)
func `the socket's token is kept, and shown to nobody`(carrier: Carrier) async throws {
    let instance = try TestInstance()
    let path = "\(instance.configuration.instance.stateDirectory.value)/exec-approvals.json"
    try #"{"version": 1, "socket": {"path": "/x", "token": "sesame"}}"#
        .write(toFile: path, atomically: true, encoding: .utf8)
    try await instance.open(carrier) { door in
        let client = try await door.connected()
        let shown = try await client.call("exec.approvals.get")?["payload"]
        #expect(shown?["file"]?["socket"] == ["path": "/x"])
        let changed: JSON = [
            "file": ["version": 1, "defaults": ["ask": "always"]], "baseHash": shown?["hash"] ?? .null,
        ]
        try await #expect(client.call("exec.approvals.set", changed)?["ok"] == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("sesame"))
    }
}

@Test(arguments: ["{", "[]", #"{"version": 2}"#])
func `a damaged file is an error, and stays as it is`(text: String) async throws {
    let instance = try TestInstance()
    let path = "\(instance.configuration.instance.stateDirectory.value)/exec-approvals.json"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try await instance.open(.direct) { door in
        let client = try await door.connected()
        for (method, params) in [
            ("exec.approvals.get", [:]), ("exec.approvals.set", ["file": ["version": 1], "baseHash": "0"]),
        ] as [(String, JSON)] {
            let error = try await client.call(method, params)?["error"]
            #expect(error?["code"] == "UNAVAILABLE")
            #expect(error?["message"]?.string?.contains("exec-approvals.json") == true)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
}
