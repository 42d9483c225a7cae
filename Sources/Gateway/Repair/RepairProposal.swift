public import Configuration
import Crypto
public import JSON
import Text

/// A change of another instance's configuration, as its rescue proposes it.
///
/// It is a merge patch (RFC 7396) of one version of the configuration: secrets, which a rescue is not shown, stay where
/// they are without being named.
public struct RepairProposal: Sendable, Equatable {
    /// The version it starts from, as `config history` calls it: `current` unless it says another.
    public let base: String
    /// What changes: null takes a member away.
    public let patch: JSONObject
    /// What identifies it in logs and questions: the first twelve hexadecimal digits of its SHA-256.
    public let id: String

    /// How long one may be, in bytes.
    public static let limit = 32 << 10

    /// A proposal to change `patch` in the version `base`.
    public init(base: String = ConfigurationVersion.current, patch: JSONObject) {
        self.base = base
        self.patch = patch
        id = Self.id(of: Self.json(base, patch).serialized())
    }

    /// Reads what a rescue wrote: `{"base": "current", "patch": {…}}`, in JSON5. Throws `RepairRefusal`.
    public init(parsing text: [UInt8]) throws(RepairRefusal) {
        let object = try Self.object(text)
        guard object.members.allSatisfy({ ["base", "patch"].contains($0.name) }), let patch = object["patch"]?.object
        else {
            throw RepairRefusal(#"the proposal is not of the form {"base": "current", "patch": {…}}"#)
        }
        let base = object["base"] ?? .string(ConfigurationVersion.current)
        guard let base = base.string, base.utf8.count <= 16 else {
            throw RepairRefusal("the proposal's base is no version of the configuration")
        }
        self.init(base: base, patch: patch)
    }

    /// Reads the merge patch `text`, in JSON5, of the current version. Throws `RepairRefusal`.
    init(patching text: [UInt8]) throws(RepairRefusal) {
        self.init(patch: try Self.object(text))
    }

    private static func object(_ text: [UInt8]) throws(RepairRefusal) -> JSONObject {
        guard text.count <= Self.limit else {
            throw RepairRefusal("the proposal is longer than \(Self.limit) bytes")
        }
        do {
            let value = try JSON5Document(parsing: text, limits: ConfigurationReader.limits).value
            if let object = value.object { return object }
        } catch {
            throw RepairRefusal("the proposal is no JSON5: \(error) at \(JSONPosition(offset: error.offset, in: text))")
        }
        throw RepairRefusal("the proposal is no object")
    }

    /// The base and the patch as JSON, as a rescue may write them to `repair/proposal.json`.
    public var serialized: [UInt8] { Self.json(base, patch).serialized() }

    private static func json(_ base: String, _ patch: JSONObject) -> JSON {
        ["base": .string(base), "patch": .object(patch)]
    }

    private static func id(of text: [UInt8]) -> String {
        String(Hex.text(SHA256.hash(data: text)).prefix(12))
    }
}

/// Why a proposal is not put to the administrator, in one sentence.
public struct RepairRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// Why, in one sentence that the rescue is shown.
    public let description: String

    /// A refusal for this reason.
    public init(_ description: String) { self.description = description }
}
