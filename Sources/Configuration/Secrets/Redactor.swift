/// Takes secrets out of text that is about to be kept.
///
/// The gateway's own secrets by their text, and whatever others write after the words that announce one:
/// `Bearer`, `token=`, `"password":` and their like.
package struct Redactor: Sendable {
    private let secrets: [[UInt8]]

    /// What is announced and shorter is a word.
    private static let shortest = 8
    private static let replacement = Array("<secret>".utf8)
    private static let announcements = [
        "bearer ", "token=", "token\":\"", "token: ", "password=", "password\":\"", "password: ", "secret=",
        "secret\":\"", "apikey=", "apikey\":\"", "api_key=", "api_key\":\"", "api-key: ", "authorization: ",
    ].map { Array($0.utf8) }

    /// Knows `secrets`, which may not stand anywhere.
    package init(_ secrets: KnownSecrets) {
        self.secrets = secrets.parts.map { Array($0.utf8) }
    }

    /// `text` without secrets.
    package func redacted(_ text: String) -> String {
        replacing(in: text, announced: true)
    }

    /// `text` without those it knows.
    package func withoutKnown(_ text: String) -> String {
        replacing(in: text, announced: false)
    }

    private func replacing(in text: String, announced: Bool) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if let secret = secrets.first(where: { bytes[index...].starts(with: $0) }) {
                result += Self.replacement
                index += secret.count
            } else if announced, let length = Self.announcement(bytes, at: index) {
                result += bytes[index..<index + length]
                index += length
                let value = bytes[index...].prefix { !Self.ends($0) }
                // A word this short is a word, as in "token: none".
                if value.count >= Self.shortest {
                    result += Self.replacement
                    index += value.count
                }
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result.count == bytes.count && result == bytes ? text : String(decoding: result, as: UTF8.self)
    }

    /// The length of the announcement at `index`, whatever its case; nil when there is none.
    private static func announcement(_ bytes: [UInt8], at index: Int) -> Int? {
        announcements.first { announcement in
            bytes.count - index >= announcement.count
                && zip(bytes[index...], announcement).allSatisfy { byte, expected in
                    byte == expected
                        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) && byte | 0x20 == expected
                }
        }?.count
    }

    private static func ends(_ byte: UInt8) -> Bool {
        byte <= UInt8(ascii: " ")
            || [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "&"), UInt8(ascii: ",")].contains(byte)
    }
}
