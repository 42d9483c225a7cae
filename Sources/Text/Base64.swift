/// Base 64 with the standard alphabet and padding (RFC 4648 section 4).
package enum Base64 {
    /// The text of `bytes`.
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        let text = Base64URL.text(bytes).utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        return String(decoding: text, as: UTF8.self) + String(repeating: "=", count: (4 - text.count % 4) % 4)
    }
}
