import Configuration
import Files
import JSON
import Policy

/// What a configuration of the original gateway says that this version acts on, under the names it has here.
///
/// What is left out is named by its key, with the reason, and never with its value.
struct ConfigurationImport {
    /// Something that is left where it is.
    struct Left: Equatable {
        var key: String
        var reason: String
    }

    /// What comes over.
    private(set) var json: JSON = [:]
    /// The keys that have another place here.
    private(set) var renamed: [(old: String, new: String)] = []
    /// What does not come over.
    private(set) var left: [Left] = []
    /// The workspaces it names, by agent; nil stands for the default of all.
    private(set) var workspaces: [(agent: String?, text: String)] = []

    private let original: OriginalDirectory

    /// Reads the file `text`, which stands in `original`. Throws `StorageError` when it is no configuration.
    init(_ text: [UInt8], at path: AbsolutePath, in original: OriginalDirectory) throws(StorageError) {
        self.original = original
        json = try Self.whole(text, path, original)
        guard json.object != nil else { throw StorageError("read", path, fault: "it must hold a JSON object") }
        rename()
        settleVariables()
        takeOutPlaces()
        takeOutUnserved()
        takeOutInvalid()
        takeOutModels()
        takeOutObstacles()
        renamed.removeAll { json.descendant($0.new.split(separator: ".").map { .name(String($0)) }) == nil }
        left.sort { ($0.key, $0.reason) < ($1.key, $1.reason) }
    }

    /// What the file says, with what it includes from its own directory.
    private static func whole(
        _ text: [UInt8], _ path: AbsolutePath, _ original: OriginalDirectory
    ) throws(StorageError) -> JSON {
        let document: JSON5Document
        do {
            document = try JSON5Document(parsing: text, limits: ConfigurationReader.limits)
        } catch {
            throw StorageError("read", path, fault: "\(error) at \(JSONPosition(offset: error.offset, in: text))")
        }
        var includes = Includes(main: path, document: document, permits: { original.files.holds($1) }) {
            (file) throws(StorageError) in try original.files.read(file)
        }
        do throws(Includes.Fault) {
            return try includes.expand(document.value, chain: [path])
        } catch {
            throw StorageError("read", error.file, fault: "\(error.message)\(error.detail.map { "; \($0)" } ?? "")")
        }
    }

    // MARK: Names

    private mutating func rename() {
        let renaming = MovedKey.renaming(json)
        json = renaming.json
        renamed = renaming.moved
        for (old, new) in renaming.overridden {
            take(out: old.split(separator: ".").map { .name(String($0)) }, "\(new) is set too, and counts")
        }
    }

    // MARK: Variables

    /// Puts in what the file's own variables of the original's name hold, and takes out what no other variable of it gives: a
    /// gateway would not start without.
    private mutating func settleVariables() {
        let prefixes = OriginalDirectory.products.map { "\($0.uppercased())_" }
        var own: [String: String] = [:]
        for member in (json["env"]?["vars"]?.object?.members ?? []) + (json["env"]?.object?.members ?? []) {
            if let value = member.value.string { own[member.name] = value }
        }
        func isProducts(_ name: String) -> Bool { prefixes.contains(where: name.hasPrefix) }
        for path: [JSON.PathComponent] in [[.name("env"), .name("vars")], [.name("env")]] {
            for member in json.descendant(path)?.object?.members ?? [] where isProducts(member.name) {
                take(out: path + [.name(member.name)], "the profile decides what the original had it say")
            }
        }
        json = json.mapStrings { text, path in
            var text = text
            for (name, value) in own where isProducts(name) && text.contains("${\(name)}") {
                text = text.replacing("${\(name)}", with: value)
            }
            return text
        }
        var variables = Variables(own.filter { !isProducts($0.key) })
        _ = variables.substitute(json)
        for missing in variables.missing.reversed() {
            take(out: missing.path, "it is to come from the variable \(missing.name), which the file does not set")
        }
    }

    // MARK: What stays

    /// Takes out what says where on the host something is, or belongs to the profile.
    private mutating func takeOutPlaces() {
        for (key, reason) in [
            ("meta", "it is about the original's file"), ("wizard", "it is about the original's file"),
            ("gateway.port", "the profile's base port counts"),
            ("gateway.customBindHost", "\"bind\" in the profile file says which addresses there are"),
            ("session.store", "the profile's database keeps the sessions"),
        ] {
            take(out: key.split(separator: ".").map { .name(String($0)) }, reason)
        }
        let reason = "which commands agents run is permitted anew; set tools.exec.security"
        take(out: [.name("tools"), .name("exec")], reason)
        for index in (json["agents"]?["list"]?.array ?? []).indices {
            take(out: [.name("agents"), .name("list"), .index(index), .name("tools"), .name("exec")], reason)
        }
        if let bind = json["gateway"]?["bind"], bind != "loopback", bind != "auto" {
            take(
                out: [.name("gateway"), .name("bind")],
                "this version serves loopback; \"bind\" in the profile file says which addresses there are")
        }
        if let mode = json["gateway"]?["mode"], mode != "local" {
            take(out: [.name("gateway"), .name("mode")], "this version serves local alone")
        }
        if let text = json["agents"]?["defaults"]?["workspace"]?.string {
            workspaces.append((nil, text))
            json = json.removing([.name("agents"), .name("defaults"), .name("workspace")])
        }
        for (index, agent) in (json["agents"]?["list"]?.array ?? []).enumerated() {
            guard let text = agent["workspace"]?.string, let id = agent["id"]?.string else { continue }
            workspaces.append((id.lowercased(), text))
            json = json.removing([.name("agents"), .name("list"), .index(index), .name("workspace")])
        }
        var places: [[JSON.PathComponent]] = []
        _ = json.mapStrings { [original] text, path in
            if original.isSpokenOf(in: text) { places.append(path) }
            return text
        }
        for path in places.reversed() {
            take(out: path, "it speaks of a file of the original's, which is not shown here")
        }
    }

    private mutating func takeOutUnserved() {
        for path in ConfigurationSchema.root.unservedComponents(in: json).reversed() {
            take(out: path, "this version does not act on it")
        }
    }

    /// Takes out what the description does not permit, until nothing is left of that.
    private mutating func takeOutInvalid() {
        // Each round takes out up to a hundred faults, and a text holds no more than so many values.
        for _ in 0...ConfigurationReader.limits.values / ConfigurationValidator.limit {
            var variables = Variables([:])
            let issues = ConfigurationValidator.issues(in: variables.substitute(json)).filter { !$0.isExcess }
            guard !issues.isEmpty else { return }
            let before = json
            for issue in issues.reversed() {
                var path = issue.path.map { component in
                    if case .nameOf(let name) = component { JSON.PathComponent.name(name) } else { component }
                }
                // What is missing is not taken out: what misses it is.
                while json.descendant(path) == nil, !path.isEmpty { path.removeLast() }
                if path.isEmpty { continue }
                take(out: path, issue.message)
            }
            guard json != before else { break }
        }
        left.append(Left(key: "(everything)", reason: "too much of it is not what it must be"))
        json = [:]
    }

    /// Takes out the models that no program and no service of the configuration provides.
    private mutating func takeOutModels() {
        let programs = json["agents"]?["defaults"]?["cliBackends"]?.object?.members ?? []
        let services = json["models"]?["providers"]?.object?.members ?? []
        let known = Set((programs + services).map(\.name) + [Operator.id])
        var places: [[JSON.PathComponent]] = [[.name("agents"), .name("defaults")]]
        for index in (json["agents"]?["list"]?.array ?? []).indices {
            places.append([.name("agents"), .name("list"), .index(index)])
        }
        for place in places {
            for inner: [JSON.PathComponent] in [[.name("model")], [.name("heartbeat"), .name("model")]] {
                takeOutModels(at: place + inner, known)
            }
        }
    }

    private mutating func takeOutModels(at path: [JSON.PathComponent], _ known: Set<String>) {
        guard let value = json.descendant(path) else { return }
        let reason =
            "its provider is in neither models.providers nor agents.defaults.cliBackends; choose who answers with onboard"
        guard let primary = value.string ?? value["primary"]?.string else { return }
        guard known.contains(ModelName(primary).provider) else { return take(out: path, reason) }
        for (index, fallback) in (value["fallbacks"]?.array ?? []).enumerated().reversed() {
            guard let text = fallback.string, !known.contains(ModelName(text).provider) else { continue }
            take(out: path + [.name("fallbacks"), .index(index)], reason)
        }
    }

    /// Takes out what keeps a gateway from starting although it is permitted.
    private mutating func takeOutObstacles() {
        if json["hooks"]?["enabled"] == true, json["hooks"]?["token"] == nil {
            take(out: [.name("hooks"), .name("enabled")], "no token for it comes over; set hooks.token, and then this")
        }
        for path: [JSON.PathComponent] in [
            [.name("canvasHost"), .name("root")], [.name("gateway"), .name("controlUi"), .name("root")],
        ] {
            take(out: path, "a sandbox shows only the profile's own directories")
        }
        for name in ["certPath", "keyPath", "caPath"] {
            take(out: [.name("gateway"), .name("tls"), .name(name)], "the profile makes a certificate of its own")
        }
    }

    private mutating func take(out path: [JSON.PathComponent], _ reason: String) {
        guard json.descendant(path) != nil else { return }
        json = json.removing(path)
        left.append(Left(key: ConfigurationPath.text(path), reason: reason))
    }
}

extension JSON {
    /// This value with every text replaced by what `change` makes of it.
    fileprivate func mapStrings(
        at path: [PathComponent] = [], _ change: (String, [PathComponent]) -> String
    ) -> JSON {
        switch self {
        case .string(let text): .string(change(text, path))
        case .array(let elements):
            .array(elements.enumerated().map { $1.mapStrings(at: path + [.index($0)], change) })
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map {
                        JSONObject.Member(
                            name: $0.name, value: $0.value.mapStrings(at: path + [.name($0.name)], change))
                    }))
        case .null, .bool, .integer, .double: self
        }
    }
}
