import Foundation
import GatewayServer
import JSON
import Policy
import Testing

@testable import Configuration
@testable import Gateway

/// An instance whose agents look like `avatars`, and the first one's workspace.
private func instance(_ avatars: [String], basePath: String? = nil) throws -> TestInstance {
    var gateway: JSONObject = [:]
    gateway["controlUi"] = basePath.map { ["basePath": .string($0)] }
    let list = avatars.enumerated().map { index, avatar -> JSON in
        ["id": .string("a\(index)"), "identity": ["avatar": .string(avatar)]]
    }
    let instance = try TestInstance.withEndpoints(gateway: gateway, more: ["agents": ["list": .array(list)]])
    let workspace = instance.configuration.workspace.value.text
    try FileManager.default.createDirectory(atPath: "\(workspace)/pictures", withIntermediateDirectories: true)
    for name in ["me.png", "pictures/me.svg", "secret.txt"] {
        try "<\(name)>".write(toFile: "\(workspace)/\(name)", atomically: true, encoding: .utf8)
    }
    try FileManager.default.createSymbolicLink(atPath: "\(workspace)/link.png", withDestinationPath: "/etc/passwd")
    return instance
}

@Test(arguments: [
    ("me.png", "image/png", "<me.png>"), ("./pictures/me.svg", "image/svg+xml", "<pictures/me.svg>"),
])
func `an agent's picture is served from its workspace`(avatar: String, type: String, body: String) async throws {
    let instance = try instance([avatar])
    try await instance.serving { _ in
        for path in ["/avatar/a0", "/avatar/A0", "/avatar/%610"] {
            let answer = try await instance.get(path)
            #expect(answer.status == 200, "\(path)")
            #expect(answer.body == body)
            #expect(answer.has("content-type: \(type)"))
            // What an agent writes runs no script here.
            #expect(
                answer.has(
                    "content-security-policy: default-src 'none'; style-src 'unsafe-inline'; sandbox; "
                        + "frame-ancestors 'none'"))
        }
        try await #expect(instance.get("/avatar/a0?meta=1").json == ["avatarUrl": "/avatar/a0"])
        try await #expect(instance.get("/avatar/a0", method: "HEAD").status == 200)
        try await #expect(instance.get("/avatar/a0", method: "POST").status == 405)
    }
}

@Test(arguments: [
    "secret.txt", "none.png", "link.png", "pictures", "🦊", "",
])
func `what is no picture in the workspace is none`(avatar: String) async throws {
    let instance = try instance([avatar])
    try await instance.serving { _ in
        try await #expect(instance.get("/avatar/a0").status == 404)
        try await #expect(instance.get("/avatar/a0?meta=1").json == ["avatarUrl": .null])
    }
}

@Test(arguments: ["https://example.com/me.png", "http://[::1]/me", "data:image/png;base64,AA=="])
func `a picture that is elsewhere is named, not fetched`(avatar: String) async throws {
    let instance = try instance([avatar])
    try await instance.serving { _ in
        try await #expect(instance.get("/avatar/a0").status == 404)
        try await #expect(instance.get("/avatar/a0?meta=1").json == ["avatarUrl": .string(avatar)])
    }
}

@Test func `only an agent has a picture`() async throws {
    let instance = try instance(["me.png"])
    try await instance.serving { _ in
        for path in ["/avatar", "/avatar/", "/avatar/b", "/avatar/a0/me.png", "/avatar/..%2fa0", "/avatar/a0%00"] {
            try await #expect(instance.get(path).status == 404, "\(path)")
        }
        try await #expect(instance.get("/avatar/b?meta=1").json == ["avatarUrl": .null])
    }
}

@Test func `pictures are below the page's path, and for who may read`() async throws {
    let instance = try instance(["me.png"], basePath: "/ui")
    try await instance.serving { _ in
        try await #expect(instance.get("/ui/avatar/a0").body == "<me.png>")
        try await #expect(instance.get("/ui/avatar/a0?meta=1").json == ["avatarUrl": "/ui/avatar/a0"])
        try await #expect(instance.get("/avatar/a0").status == 404)
        let stranger = "X-Forwarded-For: 203.0.113.7"
        try await #expect(instance.get("/ui/avatar/a0", headers: [stranger]).status == 401)
        let token = "Authorization: Bearer \(TestInstance.token)"
        try await #expect(instance.get("/ui/avatar/a0", headers: [stranger, token]).body == "<me.png>")
    }
}
