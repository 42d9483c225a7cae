import Text

/// The text a device signs to prove that it, and nobody who listened, makes this very request.
struct DevicePayload {
    var deviceID: String
    var clientID: String
    var clientMode: String
    var role: String
    var scopes: [String]
    var signedAt: Int64
    var token: Secret?
    var nonce: String?
    var platform: String
    var deviceFamily: String

    /// The forms a device may have signed. One without the challenge cannot sign the newer forms.
    var accepted: [String] {
        guard let nonce, !nonce.isEmpty else { return [text(version: 1)] }
        return [text(version: 2), text(version: 3)]
    }

    /// The payload as `version` (1, 2 or 3) writes it.
    func text(version: Int) -> String {
        var fields = [
            "v\(version)", deviceID, clientID, clientMode, role, scopes.joined(separator: ","), String(signedAt),
            token?.revealed() ?? "",
        ]
        if version >= 2 { fields.append(nonce ?? "") }
        if version >= 3 { fields += [Self.normal(platform), Self.normal(deviceFamily)] }
        return fields.joined(separator: "|")
    }

    private static func normal(_ text: String) -> String {
        let trimmed = text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        return String(decoding: String(trimmed).utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
