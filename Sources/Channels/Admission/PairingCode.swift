/// What a stranger is told, and the owner is shown, so that one is let in and no other: 8 characters of A–Z and 2–9 without I, O,
/// 0 and 1, which people mistake for each other.
package struct PairingCode: Hashable, Sendable, CustomStringConvertible {
    /// How many characters it has.
    package static let length = 8
    /// The characters it is made of.
    package static let alphabet = Array("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")

    package let description: String

    /// The code `text`, in upper or lower case; nil when it is none.
    package init?(_ text: String) {
        let upper = text.uppercased()
        guard upper.count == Self.length, upper.allSatisfy(Self.alphabet.contains) else { return nil }
        description = upper
    }

    /// A code that nobody can guess.
    package static func random() -> PairingCode {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    static func random(using generator: inout some RandomNumberGenerator) -> PairingCode {
        PairingCode(
            known: String((0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }))
    }

    private init(known text: String) {
        description = text
    }
}
