public import JSON
public import Policy

/// The gateway's own configuration file, `mazelclaw.json`: the whole of it as it was written, and the parts
/// this version acts on as values.
///
/// A known key of the wrong type is an error with file, line and path. Keys this version does not know are
/// kept. Only strict JSON is read so far.
public struct ConfigurationFile: Sendable {
    /// Where it stands.
    public let path: AbsolutePath
    /// Everything in it.
    public let root: JSON
    /// `gateway`.
    public let gateway: GatewaySection
    /// `agents`.
    public let agents: AgentsSection
    /// `session`.
    public let session: SessionSection

    /// Reads the file at `path`; nil when there is none. Throws `ConfigurationError`.
    public static func load(_ path: AbsolutePath) throws(ConfigurationError) -> ConfigurationFile? {
        let text: [UInt8]?
        do { text = try DurableFile.read(path) } catch { throw .storage(error) }
        guard let text else { return nil }
        do {
            return try ConfigurationFile(path: path, text: text)
        } catch {
            throw .file(error)
        }
    }

    /// Reads `text`, the content of the file at `path`. Throws `PolicyError` with the place of the fault.
    public init(path: AbsolutePath, text: [UInt8]) throws(PolicyError) {
        let document: StrictDocument
        do {
            document = try StrictDocument(file: path.text, text: text)
        } catch {
            var error = error
            error.message += " (this version reads strict JSON only: no comments, no trailing commas, names in quotes)"
            throw error
        }
        var object = try document.object()
        self.path = path
        root = document.root
        var section = try object.object("gateway")
        gateway = try GatewaySection(&section)
        section = try object.object("agents")
        agents = try AgentsSection(&section)
        section = try object.object("session")
        session = try SessionSection(&section)
    }
}

/// `gateway` in the configuration file.
public struct GatewaySection: Sendable {
    /// Whether a gateway runs here or is reached elsewhere.
    public enum Mode: String, Sendable, CaseIterable {
        case local, remote
    }

    /// The addresses to listen on.
    public enum Bind: String, Sendable, CaseIterable {
        case auto, loopback, lan, custom, tailnet
    }

    /// How a client proves it may connect.
    public enum AuthMode: String, Sendable, CaseIterable {
        case token, password
    }

    /// `port`, 1 to 65535.
    public var port: UInt16?
    /// `mode`.
    public var mode: Mode?
    /// `bind`.
    public var bind: Bind?
    /// `auth.mode`.
    public var authMode: AuthMode?
    /// `auth.token`.
    public var token: Secret?
    /// `auth.password`.
    public var password: Secret?
    /// `trustedProxies`: addresses whose forwarding headers are believed.
    public var trustedProxies: [String] = []

    init(_ section: inout StrictObject?) throws(PolicyError) {
        port = try section?.integer("port", in: 1...65535).map { UInt16($0) }
        mode = try section?.word("mode", Mode.self)
        bind = try section?.word("bind", Bind.self)
        if var auth = try section?.object("auth") {
            authMode = try auth.word("mode", AuthMode.self)
            token = try auth.string("token").flatMap(Secret.init)
            password = try auth.string("password").flatMap(Secret.init)
        }
        trustedProxies = try section?.strings("trustedProxies") ?? []
    }
}

/// `agents` in the configuration file.
public struct AgentsSection: Sendable {
    /// One agent of the list.
    public struct Agent: Sendable {
        /// Its id, in lower case.
        public var id: String
        /// Whether it answers when no agent is named.
        public var isDefault: Bool
    }

    /// `defaults.workspace`, as it was written.
    public var workspace: String?
    /// `list`.
    public var list: [Agent] = []

    /// No agents listed.
    public init() {}

    init(_ section: inout StrictObject?) throws(PolicyError) {
        if var defaults = try section?.object("defaults") {
            workspace = try defaults.string("workspace")
        }
        for var entry in try section?.objects("list") ?? [] {
            let id = try entry.require(try entry.string("id"), "id")
            list.append(Agent(id: id.lowercased(), isDefault: try entry.bool("default") ?? false))
        }
    }

    /// The agents there are: those listed, or `main` alone.
    public var all: [Agent] {
        list.isEmpty ? [Agent(id: "main", isDefault: true)] : list
    }

    /// The id of the agent that answers when none is named: the one marked, or the first.
    public var defaultID: String {
        (all.first(where: \.isDefault) ?? all[0]).id
    }
}

/// `session` in the configuration file.
public struct SessionSection: Sendable {
    /// Whether each sender has a conversation of their own.
    public enum Scope: String, Sendable, CaseIterable {
        case perSender = "per-sender"
        case global
    }

    /// `scope`. Default `per-sender`.
    public var scope: Scope

    init(_ section: inout StrictObject?) throws(PolicyError) {
        scope = try section?.word("scope", Scope.self) ?? .perSender
    }
}

extension StrictObject {
    /// One word of a closed list.
    fileprivate mutating func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Word.Type
    ) throws(PolicyError) -> Word? where Word.RawValue == String {
        guard let text = try string(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw error(name, "expected one of \(words), found \"\(text)\"")
        }
        return word
    }
}
