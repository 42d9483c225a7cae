import Foundation
import JSON
import Testing

@testable import Gateway
@testable import Text

private let invocation: JSON = [
    "nodeId": "NODE", "command": "system.run", "params": ["command": ["ls"]], "idempotencyKey": "k",
]

/// `invocation` of another node or command.
private func invocation(of node: String, _ change: (inout JSONObject) -> Void = { _ in }) -> JSON {
    guard case .object(var object) = invocation else { return invocation }
    object["nodeId"] = .string(node)
    change(&object)
    return .object(object)
}

/// A node on `device`, which offers `commands`.
private func connectedNode(
    _ door: Door, _ device: TestDevice, commands: [String] = ["system.run"]
) async throws -> any ProtocolClient {
    var device = device
    (device.clientID, device.clientMode) = ("node-host", "node")
    let node = try await door.connected(device, role: "node") { $0.commands = commands }
    // Its handshake is answered before others can call on it.
    let other = try await door.connected()
    try await #expect(
        eventually {
            let nodes = try await other.call("node.list")?["payload"]?["nodes"]?.array ?? []
            return nodes.contains { $0["nodeId"]?.string == device.id && $0["connected"] == true }
        })
    return node
}

@Test(arguments: Carrier.allCases)
func `a node carries out a command, and its answer comes back`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier) { door in
        let node = try await connectedNode(door, device)
        let owner = try await door.connected()
        let answers: [(sent: JSON, payload: JSON, text: JSON)] = [
            (["ok": true, "payload": ["a": 1]], ["a": 1], .null),
            (["ok": true, "payloadJSON": #"{"a": 2}"#], ["a": 2], #"{"a": 2}"#),
            (["ok": true, "payloadJSON": "no json"], "no json", "no json"),
            (["ok": true, "payloadJSON": .null], .null, .null),
        ]
        for (number, answer) in answers.enumerated() {
            try owner.send(
                [
                    "type": "req", "id": .string("\(number)"), "method": "node.invoke",
                    "params": invocation(of: device.id),
                ])
            let request = try #require(try await node.event("node.invoke.request"))
            #expect(request["command"] == "system.run")
            #expect(request["paramsJSON"] == #"{"command":["ls"]}"#)
            #expect(request["timeoutMs"] == 30000)
            guard case .object(var result) = answer.sent else { return }
            result["id"] = request["id"]
            result["nodeId"] = request["nodeId"]
            try await #expect(node.call("node.invoke.result", .object(result))?["payload"] == ["ok": true])
            var response = try await owner.frame()
            while response?["type"] != "res" { response = try await owner.frame() }
            #expect(response?["id"]?.string == "\(number)")
            #expect(response?["payload"]?["ok"] == true)
            #expect(response?["payload"]?["payload"] == answer.payload)
            #expect(response?["payload"]?["payloadJSON"] == answer.text)
            // It was answered once.
            let again = try await node.call("node.invoke.result", .object(result))
            #expect(again?["error"]?["message"] == "unknown invoke id")
        }
    }
}

@Test(arguments: Carrier.allCases)
func `a command that cannot be sent is refused with the reason`(carrier: Carrier) async throws {
    let device = try TestDevice()
    let configuration = """
        {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}, \
        "nodes": {"allowCommands": ["extra"], "denyCommands": ["system.which"]}}}
        """
    try await TestInstance(configuration: configuration).open(carrier) { door in
        let owner = try await door.connected()
        let absent = try await owner.call("node.invoke", invocation(of: device.id))?["error"]
        #expect(absent?["code"] == "UNAVAILABLE")
        #expect(absent?["message"] == "node not connected")
        #expect(absent?["details"] == ["code": "NOT_CONNECTED"])
        let node = try await connectedNode(door, device, commands: ["system.which", "camera.snap", "extra"])
        for (command, reason) in [
            ("system.which", "command not allowlisted"), ("camera.snap", "command not allowlisted"),
            ("system.run", "command not declared by node"),
        ] {
            let error = try await owner.call(
                "node.invoke", invocation(of: device.id) { $0["command"] = .string(command) })?["error"]
            #expect(error?["code"] == "INVALID_REQUEST")
            #expect(error?["message"] == "node command not allowed")
            #expect(error?["details"] == ["reason": .string(reason), "command": .string(command)])
        }
        let slow = try await owner.call(
            "node.invoke",
            invocation(of: device.id) {
                $0["command"] = "extra"
                $0["timeoutMs"] = 10
            })?["error"]
        #expect(slow?["code"] == "UNAVAILABLE")
        #expect(slow?["message"] == "node invoke timed out")
        withExtendedLifetime(node) {}
    }
}

@Test(arguments: Carrier.allCases)
func `what a node cannot do, and that it left, is told to whoever asked`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier) { door in
        let node = try await connectedNode(door, device)
        let owner = try await door.connected()
        func ask() async throws -> JSON? {
            try owner.send(
                ["type": "req", "id": "i", "method": "node.invoke", "params": invocation(of: device.id)])
            return try await node.event("node.invoke.request")?["id"]
        }
        func heard() async throws -> JSON? {
            while let frame = try await owner.frame() {
                if frame["id"] == "i" { return frame["error"] }
            }
            return nil
        }
        let id = try #require(try await ask())
        _ = try await node.call(
            "node.invoke.result",
            [
                "id": id, "nodeId": .string(device.id), "ok": false,
                "error": ["code": "DENIED", "message": "not today"],
            ])
        let denied = try await heard()
        #expect(denied?["code"] == "UNAVAILABLE")
        #expect(denied?["message"] == "not today")
        #expect(denied?["details"] == ["nodeError": ["code": "DENIED", "message": "not today"]])
        _ = try await ask()
        node.leave()
        try await #expect(heard()?["message"] == "node disconnected")
        let list = try await owner.call("node.list")?["payload"]?["nodes"]?.array
        #expect(list?.first?["connected"] == false)
        #expect(list?.first?["paired"] == true)
    }
}

@Test(arguments: Carrier.allCases)
func `a node answers for itself alone, and only what it was asked`(carrier: Carrier) async throws {
    let (device, other) = (try TestDevice(), try TestDevice(seed: 9))
    try await TestInstance().open(carrier) { door in
        let node = try await connectedNode(door, device)
        let stranger = try await connectedNode(door, other)
        let owner = try await door.connected()
        try owner.send(["type": "req", "id": "i", "method": "node.invoke", "params": invocation(of: device.id)])
        let id = try #require(try await node.event("node.invoke.request")?["id"])
        for (nodeID, message) in [(device.id, "nodeId mismatch"), (other.id, "unknown invoke id")] {
            let answer = try await stranger.call(
                "node.invoke.result", ["id": id, "nodeId": .string(nodeID), "ok": true])
            #expect(answer?["error"]?["message"]?.string == message)
        }
        let operatorAnswer = try await owner.call(
            "node.invoke.result", ["id": id, "nodeId": .string(device.id), "ok": true])
        #expect(operatorAnswer?["error"]?["message"] == "unauthorized role: operator")
    }
}

@Test(arguments: Carrier.allCases)
func `nodes are listed, described and renamed`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier) { door in
        let node = try await connectedNode(door, device)
        let owner = try await door.connected()
        let listed = try await owner.call("node.list")?["payload"]?["nodes"]?.array?.first
        #expect(listed?["nodeId"]?.string == device.id)
        #expect(listed?["commands"] == ["system.run"])
        #expect(listed?["connected"] == true)
        #expect(listed?["paired"] == true)
        let params: JSON = ["nodeId": .string(device.id), "displayName": " desk "]
        try await #expect(
            owner.call("node.rename", params)?["payload"] == ["nodeId": .string(device.id), "displayName": "desk"])
        let described = try await owner.call("node.describe", ["nodeId": .string(device.id)])?["payload"]
        #expect(described?["displayName"] == "desk")
        for (method, params) in [
            ("node.describe", ["nodeId": "x"]), ("node.rename", ["nodeId": "x", "displayName": "y"]),
        ] as [(String, JSON)] {
            try await #expect(owner.call(method, params)?["error"]?["message"] == "unknown nodeId")
        }
        withExtendedLifetime(node) {}
    }
}

@Test(arguments: Carrier.allCases)
func `what a node ran on its own is told to the main session`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier) { door in
        let node = try await connectedNode(door, device)
        let payload = #"{"runId": "r", "command": "make", "exitCode": 2, "output": "boom\n"}"#
        try await #expect(
            node.call("node.event", ["event": "exec.finished", "payloadJSON": .string(payload)])?["ok"] == true)
        try await #expect(node.call("node.event", ["event": "something.else"])?["ok"] == true)
        let waiting = try await door.connected().call("status")?["payload"]?["queuedSystemEvents"]
        #expect(waiting == [.string("Exec finished (node=\(device.id) id=r, code 2): make\nboom")])
    }
}

@Test(
    arguments: Carrier.allCases,
    ["system.execApprovals.set", " system.execApprovals.get ", "system.execApprovals.all"])
func `what a node may run without asking is for admins, here as there`(carrier: Carrier, command: String) async throws {
    let device = try TestDevice()
    let configuration = """
        {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}, \
        "nodes": {"allowCommands": ["system.execApprovals.all"]}}}
        """
    try await TestInstance(configuration: configuration).open(carrier) { door in
        let node = try await connectedNode(door, device, commands: [command.trimmed, "system.run"])
        let writer = try await door.connected(scopes: ["operator.read", "operator.write", "operator.approvals"])
        let call = invocation(of: device.id) { $0["command"] = .string(command) }
        for (method, params) in [("node.invoke", call), ("exec.approvals.set", ["file": ["version": 1]])] {
            let error = try await writer.call(method, params)?["error"]
            #expect(error?["message"] == "missing scope: operator.admin", "\(method)")
        }
        // Whatever else a node may be asked to do, a writer may ask.
        try writer.send(["type": "req", "id": "i", "method": "node.invoke", "params": invocation(of: device.id)])
        try await #expect(node.event("node.invoke.request")?["command"] == "system.run")
        let owner = try await door.connected()
        try owner.send(["type": "req", "id": "i", "method": "node.invoke", "params": call])
        try await #expect(node.event("node.invoke.request")?["command"]?.string == command.trimmed)
    }
}

@Test(arguments: Carrier.allCases)
func `the node is asked what it may run without asking, and told`(carrier: Carrier) async throws {
    let device = try TestDevice()
    try await TestInstance().open(carrier) { door in
        let owner = try await door.connected()
        let id = JSON.string(device.id)
        let absent = try await owner.call("exec.approvals.node.get", ["nodeId": id])?["error"]
        #expect(absent?["message"] == "node not connected")
        let node = try await connectedNode(
            door, device, commands: ["system.execApprovals.get", "system.execApprovals.set"])
        let calls: [(method: String, params: JSON, command: JSON, sent: JSON)] = [
            ("exec.approvals.node.get", ["nodeId": id], "system.execApprovals.get", "{}"),
            (
                "exec.approvals.node.set", ["nodeId": id, "file": ["version": 1], "baseHash": "h"],
                "system.execApprovals.set", #"{"file":{"version":1},"baseHash":"h"}"#
            ),
        ]
        for (method, params, command, sent) in calls {
            try owner.send(["type": "req", "id": "r", "method": .string(method), "params": params])
            let request = try #require(try await node.event("node.invoke.request"))
            #expect(request["command"] == command)
            #expect(request["paramsJSON"] == sent)
            let result: JSON = [
                "id": request["id"] ?? .null, "nodeId": id, "ok": true, "payloadJSON": #"{"path":"/p","hash":"h"}"#,
            ]
            try await #expect(node.call("node.invoke.result", result)?["ok"] == true)
            var response = try await owner.frame()
            while response?["type"] != "res" { response = try await owner.frame() }
            #expect(response?["payload"] == ["path": "/p", "hash": "h"])
        }
        // Nothing reaches the node that a file of approvals cannot say.
        let refused = try await owner.call("exec.approvals.node.set", ["nodeId": id, "file": ["more": 1]])?["error"]
        #expect(refused?["message"]?.string?.hasPrefix("invalid exec.approvals.node.set params: ") == true)
        let writer = try await door.connected(scopes: ["operator.read", "operator.write", "operator.approvals"])
        for (method, params, _, _) in calls {
            let error = try await writer.call(method, params)?["error"]
            #expect(error?["message"] == "missing scope: operator.admin")
        }
    }
}

@Test(arguments: Carrier.allCases)
func `browser control is asked of the node that offers it, and its files are kept here`(carrier: Carrier) async throws {
    let device = try TestDevice()
    let instance = try TestInstance()
    try await instance.open(carrier) { door in
        let owner = try await door.connected()
        let request: JSON = [
            "method": "POST", "path": "/screenshot", "query": ["profile": "work"], "body": ["type": "png"],
            "timeoutMs": 5000,
        ]
        let alone = try await owner.call("browser.request", request)?["error"]
        #expect(alone?["message"] == "this gateway controls no browser")
        let node = try await connectedNode(door, device, commands: ["browser.proxy"])
        /// What comes of a request that the node answers so.
        func asked(_ answer: JSON) async throws -> JSON? {
            try owner.send(["type": "req", "id": "b", "method": "browser.request", "params": request])
            let invocation = try #require(try await node.event("node.invoke.request"))
            #expect(invocation["command"] == "browser.proxy" && invocation["timeoutMs"] == 5000)
            let sent = try JSON(parsing: Array(#require(invocation["paramsJSON"]?.string).utf8))
            #expect(
                sent == [
                    "method": "POST", "path": "/screenshot", "query": ["profile": "work"], "body": ["type": "png"],
                    "timeoutMs": 5000, "profile": "work",
                ])
            let result: JSON = [
                "id": invocation["id"] ?? .null, "nodeId": .string(device.id), "ok": true, "payload": answer,
            ]
            try await #expect(node.call("node.invoke.result", result)?["payload"] == ["ok": true])
            var response = try await owner.frame()
            while response?["type"] != "res" { response = try await owner.frame() }
            return response
        }
        let plain = try await asked(["result": ["tabs": []]])
        #expect(plain?["payload"] == ["tabs": []])
        let picture = try await asked([
            "result": ["ok": true, "path": "/node/../../x.png"],
            "files": [["path": "/node/../../x.png", "base64": "iVBORw0="]],
        ])
        let path = try #require(picture?["payload"]?["path"]?.string)
        #expect(path.contains("/media/browser/") && path.hasSuffix(".png") && !path.contains(".."))
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == [0x89, 0x50, 0x4E, 0x47, 0x0D])
        try await #expect(asked([:])?["error"]?["message"] == "browser proxy failed")
    }
}

@Test(arguments: [
    (#"{"mode": "off"}"#, "this gateway controls no browser"),
    (#"{"mode": "manual"}"#, "this gateway controls no browser"),
    (#"{"node": "nobody"}"#, "Configured browser node not connected: nobody"),
])
func `the configuration says which node's browser is used`(section: String, message: String) async throws {
    let device = try TestDevice()
    let configuration = """
        {"gateway": {"mode": "local", "auth": {"token": "\(TestInstance.token)"}, "nodes": {"browser": \(section)}}}
        """
    try await TestInstance(configuration: configuration).open(.direct) { door in
        _ = try await connectedNode(door, device, commands: ["browser.proxy"])
        let owner = try await door.connected()
        let refused = try await owner.call("browser.request", ["method": "GET", "path": "/"])?["error"]
        #expect(refused?["message"]?.string == message)
    }
}
