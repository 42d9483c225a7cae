import Crypto
public import JSON
public import Policy
import Text

/// The configuration as it stands in its files at one moment: what was written, what it comes to, and everything that
/// is wrong with it.
public struct ConfigurationSnapshot: Sendable {
    /// The configuration file, whether there is one or not.
    public let path: AbsolutePath
    /// Its text, or nil when there is no file.
    public let text: [UInt8]?
    /// What the file itself says, or nil when it cannot be read.
    public let document: JSON5Document?
    /// What it says with everything it includes and with variables in place; nil when that cannot be had. Without a
    /// file it says nothing.
    public let resolved: JSON?
    /// What is wrong, in the order of the text. Empty for a valid configuration.
    public let faults: [ConfigurationFault]
    /// Every file that was read for it, this one first.
    public let files: [AbsolutePath]
    /// The variables its `env` sets where the environment does not.
    public let variables: [String: String]
    /// The variables that were put in, from `env` or the environment.
    let taken: [String: String]

    /// Whether nothing is wrong with it.
    public var isValid: Bool { faults.isEmpty }

    /// Whether a gateway can run with it: nothing is wrong, but for settings in whose place something else counts.
    public var isRunnable: Bool { faults.count == setAside.count }

    /// The settings that are more than can be counted, in whose place something that can counts.
    public var setAside: [ConfigurationFault] { faults.filter { $0.kind == .excess } }

    /// SHA-256 of the text, or of nothing when there is no file, in hexadecimal digits: tells whether it changed.
    public var hash: String { Self.hash(of: text ?? []) }

    package static func hash(of text: [UInt8]) -> String {
        Hex.text(SHA256.hash(data: text))
    }
}
