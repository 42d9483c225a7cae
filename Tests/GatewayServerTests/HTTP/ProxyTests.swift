import GatewayServer
import JSON
import Testing

@testable import Gateway
@testable import Time

private let near = "203.0.113.7"
private let other = "203.0.113.8"

/// A gateway behind a real nginx on this host, which it trusts.
private func behindNginx(_ body: (TestInstance, Nginx) async throws -> Void) async throws {
    let instance = try TestInstance.withEndpoints(gateway: ["trustedProxies": ["127.0.0.1"]])
    let time = WallClock.system.milliseconds
    try await instance.serving(clock: WallClock { time }) { _ in
        let nginx = try await Nginx(to: instance.port, in: instance.directory)
        try await body(instance, nginx)
    }
}

/// Asks for `/metrics` through nginx at `port`.
private func status(_ port: UInt16, from address: String = near, _ headers: [String]) async throws -> Int {
    let lines = ["GET /metrics HTTP/1.1", "Host: localhost", "Connection: close"] + headers
    return try await HTTPAnswer.exchange(
        port, Nginx.preface(from: address) + lines.joined(separator: "\r\n") + "\r\n\r\n"
    ).status
}

private let claims: [[String]] = [
    [], ["X-Forwarded-For: 127.0.0.1"], ["X-Forwarded-For: 127.0.0.1, 1.2.3.4"],
    ["X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 127.0.0.1"], ["X-Real-IP: 127.0.0.1"],
    ["Forwarded: for=127.0.0.1"],
]

@Test(arguments: claims)
func `whoever comes through nginx needs the token, whatever they say of themselves`(claim: [String]) async throws {
    try await behindNginx { instance, nginx in
        for port in [nginx.port, nginx.farPort, nginx.barePort] {
            try await #expect(status(port, claim) == 401)
            try await #expect(status(port, claim + ["Authorization: Bearer \(TestInstance.token)"]) == 200)
        }
    }
}

@Test(arguments: claims)
func `a device that comes through nginx asks, and is known by the address nginx saw`(claim: [String]) async throws {
    try await behindNginx { instance, nginx in
        let owner = try await WebSocketClient(port: instance.port)
        try await owner.enter(ConnectRequest())
        for (index, port) in [nginx.port, nginx.farPort].enumerated() {
            let device = try TestDevice(seed: UInt8(20 + index))
            let client = try await WebSocketClient(
                port: port, headers: claim, host: "localhost", preface: Nginx.preface(from: near))
            try #require(client.isUpgraded, "\(client.answer)")
            let nonce = try await client.nonce()
            var request = ConnectRequest()
            request.device = try device.proof(nonce: nonce, signedAt: WallClock.system.milliseconds)
            try client.send(request.json)
            try await #expect(client.frame()?["error"]?["message"] == "pairing required")
            try await #expect(owner.event("device.pair.requested")?["remoteIp"]?.string == near)
        }
        // Who has only the token is let in as ever.
        let client = try await WebSocketClient(
            port: nginx.port, headers: claim, host: "localhost", preface: Nginx.preface(from: near))
        try await client.enter(ConnectRequest())
    }
}

@Test func `who guesses through nginx is told apart from others who come through it`() async throws {
    try await behindNginx { _, nginx in
        func guess(from address: String, claiming: String) async throws -> Int {
            try await status(
                nginx.farPort, from: address, ["X-Forwarded-For: \(claiming)", "Authorization: Bearer wrong"])
        }
        // What is claimed buys no guesses.
        for number in 1...10 { try await #expect(guess(from: near, claiming: "198.51.100.\(number)") == 401) }
        try await #expect(guess(from: near, claiming: "198.51.100.99") == 429)
        try await #expect(guess(from: other, claiming: near) == 401)
    }
}

@Test func `who comes from the address of a trusted proxy, and is none, needs the token too`() async throws {
    let instance = try TestInstance.withEndpoints(gateway: ["trustedProxies": ["127.0.0.1"]])
    try await instance.serving { _ in
        try await #expect(instance.get("/metrics").status == 401)
        let token = "Authorization: Bearer \(TestInstance.token)"
        try await #expect(instance.get("/metrics", headers: [token]).status == 200)
    }
    let plain = try TestInstance.withEndpoints()
    try await plain.serving { _ in try await #expect(plain.get("/metrics").status == 200) }
}
