import JSON
import Testing

@testable import Gateway
@testable import Text

private func payload(_ input: JSON?) -> DevicePayload {
    DevicePayload(
        deviceID: input?["deviceId"]?.string ?? "", clientID: input?["clientId"]?.string ?? "",
        clientMode: input?["clientMode"]?.string ?? "", role: input?["role"]?.string ?? "",
        scopes: input?["scopes"]?.array?.compactMap(\.string) ?? [], signedAt: input?["signedAtMs"]?.integer ?? 0,
        token: input?["token"]?.string.flatMap(Secret.init), nonce: input?["nonce"]?.string, platform: " Linux ",
        deviceFamily: "PC")
}

@Test(arguments: try Vectors.rows("device-auth"))
func `a device's signature is verified over the text it signed`(row: JSON) throws {
    let text = try #require(row["payload"]?.string)
    let version = text.hasPrefix("v2") ? 2 : 1
    #expect(payload(row["in"]).text(version: version) == text)

    let publicKey = try #require(row["publicKey"]?.string)
    let key = try #require(DeviceKey(publicKey))
    let signature = try #require(row["signature"]?.string)
    #expect(key.deviceID == row["deviceId"]?.string)
    #expect(key.text == row["publicKey"]?.string)
    #expect(key.verifies(signature, over: text))
    #expect(!key.verifies(signature, over: text + "x"))
}

@Test func `the newest payload adds platform and family, trimmed and in lower case`() {
    let input: JSON = ["deviceId": "d", "clientId": "c", "clientMode": "m", "role": "r", "signedAtMs": 1, "nonce": "n"]
    #expect(payload(input).text(version: 3) == "v3|d|c|m|r||1||n|linux|pc")
}

@Test func `a key is read from PEM as well`() throws {
    let plain = try #require(DeviceKey("6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw"))
    let structure: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + plain.bytes
    let standard = Base64URL.text(structure).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
    let pem = "-----BEGIN PUBLIC KEY-----\n\(String(standard))\n-----END PUBLIC KEY-----\n"
    #expect(DeviceKey(pem)?.deviceID == plain.deviceID)
}

@Test(arguments: [[], [0], [0, 0xFF], [1, 2, 3], Array(0...255)] as [[UInt8]])
func `base64url written is base64url read`(bytes: [UInt8]) {
    #expect(Base64URL.bytes(Base64URL.text(bytes)) == bytes)
}

@Test(arguments: ["A", "A*", "AAAAA"])
func `what is no base64 is refused`(text: String) {
    #expect(Base64URL.bytes(text) == nil)
}
