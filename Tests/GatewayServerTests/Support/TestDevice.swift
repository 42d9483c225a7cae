import Crypto
import JSON

@testable import Gateway
@testable import Text

/// A device with a key of its own.
struct TestDevice {
    private let key: Curve25519.Signing.PrivateKey
    var clientID = "cli"
    var clientMode = "cli"

    init(seed: UInt8 = 7) throws {
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: seed, count: 32))
    }

    var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }
    var id: String { Hex.text(SHA256.hash(data: publicKey)) }

    /// The `device` parameter for a connection that was sent `nonce`.
    func proof(
        nonce: String?, signedAt: Int64, token: String? = TestInstance.token, scopes: [String] = [],
        role: String = "operator", version: Int? = nil
    ) throws -> JSON {
        let payload = DevicePayload(
            deviceID: id, clientID: clientID, clientMode: clientMode, role: role, scopes: scopes, signedAt: signedAt,
            token: token.flatMap(Secret.init), nonce: nonce, platform: "linux", deviceFamily: "")
        let text = payload.text(version: version ?? (nonce == nil ? 1 : 2))
        var object = JSONObject()
        object["id"] = .string(id)
        object["publicKey"] = .string(Base64URL.text(publicKey))
        object["signature"] = .string(Base64URL.text(try key.signature(for: Array(text.utf8))))
        object["signedAt"] = .integer(signedAt)
        object["nonce"] = nonce.map(JSON.string)
        return .object(object)
    }
}

/// The parameters of `connect`.
struct ConnectRequest {
    var minProtocol: Int64 = 3
    var maxProtocol: Int64 = 3
    var clientID = "cli"
    var mode = "cli"
    var role: String?
    var scopes: [String]?
    var token: String? = TestInstance.token
    var password: String?
    var commands: [String]?
    var device: JSON?
    var extra: JSON?

    var json: JSON {
        var params = JSONObject()
        params["minProtocol"] = .integer(minProtocol)
        params["maxProtocol"] = .integer(maxProtocol)
        params["client"] = [
            "id": .string(clientID), "version": "1", "platform": "linux", "mode": .string(mode),
        ]
        params["role"] = role.map(JSON.string)
        params["scopes"] = scopes.map { .array($0.map(JSON.string)) }
        params["commands"] = commands.map { .array($0.map(JSON.string)) }
        var auth = JSONObject()
        auth["token"] = token.map(JSON.string)
        auth["password"] = password.map(JSON.string)
        if !auth.members.isEmpty { params["auth"] = .object(auth) }
        params["device"] = device
        params["extra"] = extra
        return ["type": "req", "id": "c", "method": "connect", "params": .object(params)]
    }
}
