/// A command line with the global profile flags taken out.
///
/// `--profile NAME`, `--profile=NAME` and `--dev` count only before the first word that is no flag, so that
/// `gateway --dev` keeps its own flag. The last `--profile` wins.
public struct ProfileArguments: Equatable, Sendable {
    /// The profile named, or nil when none was.
    public var profile: ProfileName?
    /// The other arguments, in order.
    public var remaining: [String]

    /// What is wrong with a profile flag.
    public enum Fault: Error, Equatable, Sendable, CustomStringConvertible {
        case missingValue
        case invalidName
        case devWithProfile

        /// One sentence for the user, without the program's name.
        public var description: String {
            switch self {
            case .missingValue: "--profile requires a value"
            case .invalidName: "Invalid --profile (use letters, numbers, \"_\", \"-\" only)"
            case .devWithProfile: "Cannot combine --dev with --profile"
            }
        }
    }

    /// Splits `arguments`, which do not include the program's own name.
    public init(_ arguments: [String]) throws(Fault) {
        var named: String?
        var isDev = false
        remaining = []
        var rest = arguments[...]
        while let argument = rest.first, argument.utf8.first == UInt8(ascii: "-") {
            rest.removeFirst()
            if argument == "--dev" {
                guard named == nil || named == "dev" else { throw .devWithProfile }
                isDev = true
                named = "dev"
            } else if argument == "--profile" || argument.hasPrefix("--profile=") {
                guard !isDev else { throw .devWithProfile }
                named = try Self.value(of: argument, rest: &rest)
            } else {
                remaining.append(argument)
            }
        }
        remaining += rest
        profile = try named.map { (text) throws(Fault) in
            guard let name = ProfileName(text) else { throw .invalidName }
            return name
        }
    }

    private static func value(of argument: String, rest: inout ArraySlice<String>) throws(Fault) -> String {
        let text: Substring
        if argument.utf8.count == "--profile".utf8.count {
            text = rest.popFirst().map { $0[...] } ?? ""
        } else {
            // Only what stands before a second "=" counts, as it always has.
            text = argument.dropFirst("--profile=".count).prefix { $0 != "=" }
        }
        let trimmed = String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        guard !trimmed.isEmpty else { throw .missingValue }
        return trimmed
    }
}
