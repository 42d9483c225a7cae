import Files
package import JSON
package import Policy

/// Puts a configuration together from files that include each other: `$include` takes a path, or several, relative to
/// the file it stands in.
///
/// What several files say is merged: objects key by key, arrays one after the other, and of anything else the later
/// counts. Keys beside `$include` come last.
package struct Includes {
    /// Why files cannot be put together.
    package struct Fault: Error, Equatable {
        package var message: String
        /// More about it: a clause.
        package var detail: String?
        /// The file that asks for it, and where in that file.
        package var file: AbsolutePath
        package var path: [JSON.PathComponent]
    }

    /// How deep files may include each other.
    static let maximumDepth = 10
    /// How many files may be read for one configuration: two files that each include the next twice would otherwise
    /// make a thousand.
    static let maximumCount = 100

    /// Every file that was read, by its path.
    private(set) var documents: [AbsolutePath: JSON5Document]
    private let permits: (_ from: AbsolutePath, _ to: AbsolutePath) -> Bool
    private let read: ConfigurationReader.FileReading
    private var count = 0

    /// Includes for the file `main`, whose content is `document`. `permits` says whether one file may include another,
    /// and `read` reads others.
    package init(
        main: AbsolutePath, document: JSON5Document,
        permits: @escaping (_ from: AbsolutePath, _ to: AbsolutePath) -> Bool = { _, _ in true },
        read: @escaping ConfigurationReader.FileReading
    ) {
        documents = [main: document]
        self.permits = permits
        self.read = read
    }

    /// `json`, which stands at `path` in the last file of `chain`, with everything it includes. Throws `Fault`.
    package mutating func expand(
        _ json: JSON, at path: [JSON.PathComponent] = [], chain: [AbsolutePath]
    ) throws(Fault) -> JSON {
        switch json {
        case .array(let elements):
            var expanded: [JSON] = []
            for (index, element) in elements.enumerated() {
                expanded.append(try expand(element, at: path + [.index(index)], chain: chain))
            }
            return .array(expanded)
        case .object(let object):
            var own = JSONObject()
            for member in object.members where member.name != Self.key {
                own[member.name] = try expand(member.value, at: path + [.name(member.name)], chain: chain)
            }
            guard let value = object[Self.key] else { return .object(own) }
            let included = try include(value, at: path + [.name(Self.key)], chain: chain)
            guard !own.members.isEmpty else { return included }
            guard case .object = included else {
                throw fault("Sibling keys require included content to be an object", at: path, chain)
            }
            return Self.merge(included, .object(own))
        case .null, .bool, .integer, .double, .string: return json
        }
    }

    package static let key = "$include"

    /// The files `json` asks for, as they are written there.
    static func targets(_ json: JSON?) -> [String] {
        json?.string.map { [$0] } ?? json?.array?.compactMap(\.string) ?? []
    }

    /// The file `text` names in the file `from`.
    static func resolve(_ text: String, from: AbsolutePath) -> AbsolutePath? {
        var components = text.hasPrefix("/") ? [] : from.parent.components.map(String.init)
        for component in text.split(separator: "/") {
            switch component {
            case ".": break
            case "..": _ = components.popLast()
            default: components.append(String(component))
            }
        }
        return AbsolutePath("/" + components.joined(separator: "/"))
    }

    private mutating func include(
        _ value: JSON, at path: [JSON.PathComponent], chain: [AbsolutePath]
    ) throws(Fault) -> JSON {
        switch value {
        case .string(let target): return try load(target, at: path, chain: chain)
        case .array(let targets):
            var merged: JSON = [:]
            for (index, target) in targets.enumerated() {
                let place = path + [.index(index)]
                guard let target = target.string else {
                    throw fault("Invalid $include array item: expected string, got \(target.kind)", at: place, chain)
                }
                merged = Self.merge(merged, try load(target, at: place, chain: chain))
            }
            return merged
        case .null, .bool, .integer, .double, .object:
            throw fault(
                "Invalid $include value: expected string or array of strings, got \(value.kind)", at: path, chain)
        }
    }

    private mutating func load(
        _ target: String, at path: [JSON.PathComponent], chain: [AbsolutePath]
    ) throws(Fault) -> JSON {
        guard let from = chain.last, let file = Self.resolve(target, from: from) else {
            throw fault("Invalid $include value: not a path: \(target)", at: path, chain)
        }
        guard !chain.contains(file) else {
            let circle = (chain + [file]).map(\.text).joined(separator: " -> ")
            throw fault("Circular include detected: \(circle)", at: path, chain)
        }
        guard chain.count <= Self.maximumDepth else {
            throw fault("Maximum include depth (\(Self.maximumDepth)) exceeded at: \(file)", at: path, chain)
        }
        guard permits(from, file) else {
            throw fault(
                "\(target) lies outside of the configuration's directory",
                "a configuration includes only files in its own directory, and agents' files no others; copy the file "
                    + "there", at: path, chain)
        }
        count += 1
        guard count <= Self.maximumCount else {
            throw fault("More than \(Self.maximumCount) files are included", at: path, chain)
        }
        let place = "\(target) (resolved: \(file))"
        if documents[file] == nil {
            let text: [UInt8]?
            do { text = try read(file) } catch {
                throw fault("Failed to read include file: \(place)", error.description, at: path, chain)
            }
            guard let text else {
                throw fault("Failed to read include file: \(place)", "there is no such file", at: path, chain)
            }
            do { documents[file] = try JSON5Document(parsing: text, limits: ConfigurationReader.limits) } catch {
                let position = JSONPosition(offset: error.offset, in: text)
                throw fault("Failed to parse include file: \(place)", "\(position): \(error)", at: path, chain)
            }
        }
        return try expand(documents[file]?.value ?? [:], chain: chain + [file])
    }

    private func fault(
        _ message: String, _ detail: String? = nil, at path: [JSON.PathComponent], _ chain: [AbsolutePath]
    ) -> Fault {
        Fault(message: message, detail: detail, file: chain.last ?? .root, path: path)
    }

    private static func merge(_ earlier: JSON, _ later: JSON) -> JSON {
        switch (earlier, later) {
        case (.object(var merged), .object(let later)):
            for member in later.members {
                merged[member.name] = merged[member.name].map { merge($0, member.value) } ?? member.value
            }
            return .object(merged)
        case (.array(let earlier), .array(let later)): return .array(earlier + later)
        default: return later
        }
    }
}
