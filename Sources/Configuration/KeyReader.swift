import Files
import Glibc
import JSON
import Policy
package import Text

/// Reads the keys that a configuration refers to. Only for the gateway itself: whoever reads for it outside of its sandbox may
/// be able to read more than it.
package struct KeyReader: Sendable {
    private let providers: [String: SecretProviderSection]
    private let environment: [String: String]
    private let workspaces: [(agentID: String, path: AbsolutePath)]
    private let path: @Sendable (String) -> AbsolutePath?

    /// The most bytes that a file of keys may have.
    static let limit = 1 << 20

    /// Why a key cannot be had: a clause that holds none.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// A reader for a gateway with `configuration`.
    package init(_ configuration: GatewayConfiguration) {
        providers = configuration.content.secrets.providers
        environment = configuration.variables
        workspaces = configuration.agents.all.map { ($0.id, configuration.workspace(of: $0)) }
        path = { configuration.directory($0) }
    }

    /// The key that `setting` is, or is a reference to. Throws `Fault`.
    package func key(_ setting: KeySetting) throws(Fault) -> Secret {
        switch setting {
        case .text(let secret): return secret
        case .reference(let reference):
            let provider = try provider(of: reference)
            switch reference.source {
            case .environment: return try variable(reference.id)
            case .file: return try key(reference, provider)
            case .exec: throw Fault(description: "this version runs no programs for keys (exec)")
            }
        }
    }

    private func provider(of reference: KeyReference) throws(Fault) -> SecretProviderSection? {
        guard let name = reference.provider else { return nil }
        guard let provider = providers[name] else {
            // Where nothing else is meant, the original's references to variables name this one.
            if reference.source == .environment, name == "default" { return nil }
            throw Fault(description: "there is no secrets.providers.\(name)")
        }
        guard provider.source == reference.source else {
            throw Fault(
                description: "secrets.providers.\(name) is of the source \(provider.source.rawValue), not "
                    + reference.source.rawValue)
        }
        return provider
    }

    private func variable(_ name: String) throws(Fault) -> Secret {
        guard let secret = environment[name].flatMap({ Secret($0) }) else {
            throw Fault(description: "the variable \(name) is not set, or empty")
        }
        return secret
    }

    // MARK: Files

    private func key(_ reference: KeyReference, _ provider: SecretProviderSection?) throws(Fault) -> Secret {
        let place = provider.map { $0.path ?? "" } ?? reference.id
        guard let path = path(place) else {
            throw Fault(description: "\"\(place)\" is no absolute path without \"..\", and does not begin with ~")
        }
        let text = try text(of: path)
        guard let provider, provider.mode == .json else {
            return try Self.secret(text, "\(path) is empty")
        }
        guard let json = try? JSON(parsing: Array(text.utf8)) else {
            throw Fault(description: "\(path) is no JSON; with \"mode\": \"singleValue\" it may hold the key alone")
        }
        guard let value = Self.value(at: reference.id, in: json)?.string else {
            throw Fault(description: "there is no text at \(reference.id) of \(path)")
        }
        return try Self.secret(value, "the text at \(reference.id) of \(path) is empty")
    }

    private static func secret(_ text: String, _ fault: String) throws(Fault) -> Secret {
        guard let secret = Secret(text.trimmed) else { throw Fault(description: fault) }
        return secret
    }

    /// What stands at `pointer` of `json` (RFC 6901).
    private static func value(at pointer: String, in json: JSON) -> JSON? {
        guard pointer.hasPrefix("/") else { return nil }
        var value = json
        for part in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
            if let array = value.array {
                guard let index = Int(name), array.indices.contains(index) else { return nil }
                value = array[index]
            } else {
                guard let next = value[name] else { return nil }
                value = next
            }
        }
        return value
    }

    /// The text of the file at `path`, which agents cannot read by their tools, nor others of this host.
    private func text(of path: AbsolutePath) throws(Fault) -> String {
        let real = Self.real(path)
        if let agent = workspaces.first(where: { $0.path.contains(path) || Self.real($0.path).contains(real) }) {
            throw Fault(
                description:
                    "\(path) is in the workspace of the agent \"\(agent.agentID)\", which can read it there; keep it "
                    + "elsewhere, as in credentials/ of the state directory")
        }
        let bytes: [UInt8]?
        do {
            let place = FilePlace(path)
            if let attributes = try place.attributes("read") {
                guard attributes.kind == .regular else { throw Fault(description: "\(path) is no regular file") }
                guard !attributes.isOpenToOthers else {
                    throw Fault(
                        description: "others than its owner may do something with \(path); give it the mode 0600")
                }
            }
            bytes = try DurableFile.read(path, limit: Self.limit)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(description: "\(error)")
        }
        guard let bytes else {
            throw Fault(
                description: "there is no file \(path); in a sandbox it is where \"binds\" of the profile show it")
        }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw Fault(description: "\(path) is no text in UTF-8")
        }
        return text
    }

    /// `path` without links on the way.
    private static func real(_ path: AbsolutePath) -> AbsolutePath {
        guard let real = realpath(path.text, nil) else { return path }
        defer { free(real) }
        return AbsolutePath(String(cString: real)) ?? path
    }
}

extension GatewayConfiguration {
    /// The variables there are: those of the process, with what a service manager keeps for it, and those that `env` sets where
    /// the process has none.
    fileprivate var variables: [String: String] {
        (file?.snapshot.variables ?? [:]).merging(instance.selection.environment) { own, outer in
            outer.isEmpty ? own : outer
        }
    }

    /// The variables that keys are taken from by reference, with what they hold.
    package var referredVariables: [String: String] {
        var referred: [String: String] = [:]
        for provider in content.models.providers.values {
            guard case .reference(let reference)? = provider.apiKey, reference.source == .environment else { continue }
            referred[reference.id] = variables[reference.id] ?? ""
        }
        return referred
    }
}
