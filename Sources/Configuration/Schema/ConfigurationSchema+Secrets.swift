public import JSON

/// Secrets are shown to nobody, and what is shown in their place can be sent back: it stands for the secret that is
/// there. Where the description leaves names free, the names tell: `botToken`, `password` and their like.
extension ConfigurationSchema {
    /// What is shown in place of a secret. As a value it is refused.
    package static let hidden: JSON = "<secret>"

    /// `json` with every secret hidden: what stands where one belongs, and every text that is one of `secrets` or holds
    /// one. A reference to a variable (`${NAME}`) is no secret; those are left when `keepsReferences`.
    public func redacted(_ json: JSON, knowing secrets: KnownSecrets, keepsReferences: Bool = false) -> JSON {
        redacted(json, Place(schemas: [self], name: "", secrets: secrets), keepsReferences)
    }

    private func redacted(_ json: JSON, _ place: Place, _ keepsReferences: Bool) -> JSON {
        if place.isSecret(json), !(keepsReferences && Self.isReference(json)) { return Self.hidden }
        switch json {
        case .array(let elements): return .array(elements.map { redacted($0, place.element, keepsReferences) })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { member in
                        JSONObject.Member(
                            name: member.name,
                            value: redacted(member.value, place.member(member.name), keepsReferences))
                    }))
        case .null, .bool, .integer, .double, .string: return json
        }
    }

    /// The texts in `json` that stand where a secret belongs.
    package func secrets(in json: JSON) -> [String] {
        var texts: [String] = []
        collect(json, Place(schemas: [self], name: "", secrets: .none), isSecret: false, &texts)
        return texts
    }

    private func collect(_ json: JSON, _ place: Place, isSecret: Bool, _ texts: inout [String]) {
        let isSecret = isSecret || place.isSecret(json)
        switch json {
        case .array(let elements):
            for element in elements { collect(element, place.element, isSecret: isSecret, &texts) }
        case .object(let object):
            for member in object.members {
                collect(member.value, place.member(member.name), isSecret: isSecret, &texts)
            }
        case .string(let text):
            // Of what is called by no secret's name, as variables are, a short text is a word that stands elsewhere too.
            guard isSecret, json != Self.hidden, place.isNamedSecret || text.utf8.count >= 8 else { return }
            texts.append(text)
        case .null, .bool, .integer, .double: break
        }
    }

    /// `shown`, in which `secrets` were hidden, with what is hidden in it put back from `old`. What is hidden and not in
    /// `old` stays hidden, and its paths come with it.
    func revealed(
        _ shown: JSON, from old: JSON, knowing secrets: KnownSecrets
    ) -> (json: JSON, missing: [[JSON.PathComponent]]) {
        var missing: [[JSON.PathComponent]] = []
        return (revealed(shown, old, Place(schemas: [self], name: "", secrets: secrets), [], &missing), missing)
    }

    private func revealed(
        _ shown: JSON, _ old: JSON?, _ place: Place, _ path: [JSON.PathComponent],
        _ missing: inout [[JSON.PathComponent]]
    ) -> JSON {
        switch shown {
        case .array(let elements):
            let others = Counterparts(old?.array ?? [], of: elements.count) { element in
                [false, true].map { redacted(element, place.element, $0) }
            }
            return .array(
                elements.enumerated().map { index, element in
                    let counterpart = others.counterpart(of: element, at: index)
                    return revealed(element, counterpart, place.element, path + [.index(index)], &missing)
                })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { member in
                        JSONObject.Member(
                            name: member.name,
                            value: revealed(
                                member.value, old?[member.name], place.member(member.name),
                                path + [.name(member.name)], &missing))
                    }))
        case .null, .bool, .integer, .double, .string:
            guard shown == Self.hidden else { return shown }
            if let old, place.isSecret(old) { return old }
            missing.append(path)
            return shown
        }
    }

    /// Where `json` holds what is shown in place of a secret.
    func hiddenPaths(in json: JSON) -> [[JSON.PathComponent]] {
        var paths: [[JSON.PathComponent]] = []
        findHidden(json, Place(schemas: [self], name: "", secrets: .none), [], &paths)
        return paths
    }

    private func findHidden(
        _ json: JSON, _ place: Place, _ path: [JSON.PathComponent], _ paths: inout [[JSON.PathComponent]]
    ) {
        switch json {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                findHidden(element, place.element, path + [.index(index)], &paths)
            }
        case .object(let object):
            for member in object.members {
                findHidden(member.value, place.member(member.name), path + [.name(member.name)], &paths)
            }
        case .string: if json == Self.hidden, place.isSecret(json) { paths.append(path) }
        case .null, .bool, .integer, .double: break
        }
    }

    /// Whether `json` is a reference to one variable and nothing else.
    private static func isReference(_ json: JSON) -> Bool {
        guard let text = json.string, text.hasPrefix("${"), text.hasSuffix("}") else { return false }
        return text.dropFirst(2).dropLast().utf8.allSatisfy { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        }
    }
}

/// Finds the elements of an array that those of another were made from, which shows no secrets.
private struct Counterparts {
    private let others: [JSON]
    /// The same in each of the ways in which they are shown.
    private let shown: [[JSON]]
    private let byID: [String: [Int]]
    private let isSameCount: Bool

    /// Those of `others`, as `show` shows them, for an array of `count` elements.
    init(_ others: [JSON], of count: Int, show: (JSON) -> [JSON]) {
        self.others = others
        // Each would be compared with each: of many elements without an id only the place tells which is which.
        shown = count * others.count <= 1 << 16 ? others.map(show) : []
        byID = Dictionary(grouping: others.indices.filter { others[$0]["id"] != nil }) { Self.key(others[$0]) }
        isSameCount = count == others.count
    }

    private static func key(_ element: JSON) -> String { element["id"]?.text() ?? "" }

    /// The one that `element`, at `index`, was made from: the one with its id; without ids the one that looks the same,
    /// or the one in its place when none came or went. Nil when that cannot be told: no secret may get into another's
    /// place.
    func counterpart(of element: JSON, at index: Int) -> JSON? {
        if let id = element["id"], id != ConfigurationSchema.hidden {
            guard let same = byID[Self.key(element)], same.count == 1 else { return nil }
            return others[same[0]]
        }
        let alike = shown.indices.filter { shown[$0].contains(where: element.isSame) }
        if alike.contains(index) || alike.isEmpty && isSameCount { return others[index] }
        return alike.count == 1 ? others[alike[0]] : nil
    }
}

/// A place in the configuration: what is known of the values there.
private struct Place {
    /// Everything that describes it; nothing does where names are free.
    let schemas: [ConfigurationSchema]
    let name: String
    /// What is a secret at any place.
    let secrets: KnownSecrets

    init(schemas: [ConfigurationSchema], name: String, secrets: KnownSecrets) {
        self.schemas = schemas.flatMap(\.alternatives)
        self.name = name
        self.secrets = secrets
    }

    var element: Place { Place(schemas: schemas.compactMap { $0.child(.index(0)) }, name: name, secrets: secrets) }

    func member(_ name: String) -> Place {
        Place(schemas: schemas.compactMap { $0.child(.name(name)) }, name: name, secrets: secrets)
    }

    /// Whether `json` is a secret here.
    func isSecret(_ json: JSON) -> Bool {
        if json == .null || json == "" { return false }
        // Where an object may stand in a secret's place, it says where the secret is.
        if json.object != nil, schemas.contains(where: \.isKnownObject) { return false }
        if schemas.contains(where: \.isSecret) { return true }
        guard let text = json.string else { return false }
        return isFree && Self.tells(name) || Self.holdsPassword(text) || secrets.hides(text)
    }

    /// Whether it is called what secrets are called.
    var isNamedSecret: Bool { Self.tells(name) }

    private var isFree: Bool {
        schemas.allSatisfy { schema in
            if case .any = schema.kind { true } else { false }
        }
    }

    /// Whether a value called `name` is a secret.
    private static func tells(_ name: String) -> Bool {
        let plain = name.lowercased().filter { $0 != "_" && $0 != "-" }
        return words.contains { plain.contains($0) }
    }

    private static let words = [
        "token", "password", "passwd", "passphrase", "secret", "apikey", "privatekey", "credential", "authorization",
        "cookie",
    ]

    /// Whether `text` is an address with a password in it.
    private static func holdsPassword(_ text: String) -> Bool {
        guard let scheme = text.firstRange(of: "://") else { return false }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return authority.firstIndex(of: "@").map { authority[..<$0].contains(":") } ?? false
    }
}

extension ConfigurationSchema {
    /// What a value here may be, each by itself.
    fileprivate var alternatives: [ConfigurationSchema] {
        guard case .union(let schemas) = kind else { return [self] }
        let alternatives = schemas.flatMap(\.alternatives)
        return isSecret && !alternatives.contains(where: \.isKnownObject) ? [self] : alternatives
    }

    /// Whether its values are objects of which it knows the members.
    fileprivate var isKnownObject: Bool {
        if case .object(let rule) = kind { !rule.keys.isEmpty } else { false }
    }
}
