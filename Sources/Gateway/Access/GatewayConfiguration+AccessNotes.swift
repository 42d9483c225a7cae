public import Configuration
import Policy
import Text

extension GatewayConfiguration {
    /// The shortest secret that nobody guesses who may try as often as they like, in characters.
    static let secretLength = 16

    /// What holds of who is let in, and is worth knowing: sentences.
    public var accessNotes: [String] {
        var notes: [String] = []
        let length = credentials.secret?.value.revealed().count ?? Self.secretLength
        if length < Self.secretLength {
            let kind = credentials.mode.rawValue
            notes.append(
                "the \(kind) has \(length) characters, and only its length keeps it from being guessed; use "
                    + "\(Self.secretLength) or more")
        }
        if originRules.trusts(.loopback4) {
            notes.append(
                "gateway.trustedProxies holds an address of this host, so nothing is taken for local: programs and "
                    + "browsers on it show the \(credentials.mode.rawValue) too, and their devices ask to be let in")
        }
        return notes
    }
}
