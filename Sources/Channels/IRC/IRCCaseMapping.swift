/// Which names a server takes for the same (`CASEMAPPING`).
enum IRCCaseMapping: String, Sendable {
    case ascii
    case rfc1459
    case strict = "strict-rfc1459"

    /// `name` in the form in which it is compared.
    func folded(_ name: some StringProtocol) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map(folded)))
    }

    private func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "A"..."Z": Unicode.Scalar(UInt8(ascii: scalar) + 32)
        case "[" where self != .ascii: "{"
        case "]" where self != .ascii: "}"
        case "\\" where self != .ascii: "|"
        case "~" where self == .rfc1459: "^"
        default: scalar
        }
    }
}
