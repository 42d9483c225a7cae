public import Files
package import JSON
public import Policy

/// Reads configurations: JSON5, then `$include`, then variables, then the description of what may stand there.
public struct ConfigurationReader: Sendable {
    /// How a file is read: nil when it is not there.
    package typealias FileReading = (AbsolutePath) throws(StorageError) -> [UInt8]?

    private let environment: [String: String]
    private let state: HostileDirectory?
    private let read: @Sendable (AbsolutePath) throws(StorageError) -> [UInt8]?
    /// Reads a file that another in the directory includes.
    private let readIncluded: @Sendable (HostileDirectory, AbsolutePath) throws(StorageError) -> [UInt8]?

    /// A reader for `instance`.
    ///
    /// A configuration includes only what lies in its own directory, and there no link is followed. A file inside the state
    /// directory, which its payload may have written, can include only others that are inside.
    public init(_ instance: Instance) {
        let state = instance.state
        self.init(environment: instance.selection.environment, state: state) { (path) throws(StorageError) in
            try state.read(path)
        } readIncluded: { (directory, path) throws(StorageError) in
            try directory.read(path)
        }
    }

    /// A reader of files that takes variables from `environment`.
    public init(environment: [String: String]) {
        self.init(environment: environment, state: nil) { (path) throws(StorageError) in
            try DurableFile.read(path)
        } readIncluded: { (directory, path) throws(StorageError) in
            try directory.read(path)
        }
    }

    /// A reader that takes variables from `environment`, and files from `read`, which answers nil for one that is not
    /// there. Files in `state` may have been written by a payload.
    public init(
        environment: [String: String], state: HostileDirectory? = nil,
        read: @escaping @Sendable (AbsolutePath) throws(StorageError) -> [UInt8]?
    ) {
        self.init(environment: environment, state: state, read: read) { (_, path) throws(StorageError) in
            try read(path)
        }
    }

    private init(
        environment: [String: String], state: HostileDirectory?,
        read: @escaping @Sendable (AbsolutePath) throws(StorageError) -> [UInt8]?,
        readIncluded: @escaping @Sendable (HostileDirectory, AbsolutePath) throws(StorageError) -> [UInt8]?
    ) {
        self.environment = environment
        self.state = state
        self.read = read
        self.readIncluded = readIncluded
    }

    /// What a text may hold: many times what there is to configure.
    package static let limits = JSON.Limits(values: 20_000)

    /// The text of the file at `path`; nil when it is not there. Throws `StorageError`.
    package func text(of path: AbsolutePath) throws(StorageError) -> [UInt8]? { try read(path) }

    /// The configuration at `path`. Throws `StorageError` when the file is there and cannot be read.
    public func snapshot(of path: AbsolutePath) throws(StorageError) -> ConfigurationSnapshot {
        snapshot(of: path, text: try read(path))
    }

    /// The configuration that `text` would be in the file at `path`.
    public func snapshot(of path: AbsolutePath, text: [UInt8]?) -> ConfigurationSnapshot {
        guard let text else {
            return ConfigurationSnapshot(
                path: path, text: nil, document: nil, resolved: [:], faults: [], files: [path], variables: [:],
                taken: [:])
        }
        do {
            return self.snapshot(of: path, text, document: try JSON5Document(parsing: text, limits: Self.limits))
        } catch {
            let fault = ConfigurationFault(
                file: path, position: JSONPosition(offset: error.offset, in: text), path: "",
                message: error.description, kind: .unreadable)
            return ConfigurationSnapshot(
                path: path, text: text, document: nil, resolved: nil, faults: [fault], files: [path], variables: [:],
                taken: [:])
        }
    }

    private func snapshot(of path: AbsolutePath, _ text: [UInt8], document: JSON5Document) -> ConfigurationSnapshot {
        // An administrator's may be a link, and be kept beside the others where that leads.
        let directories = [path, state?.behindLinks(path) ?? path].map { HostileDirectory($0.parent) }
        func directory(of file: AbsolutePath) -> HostileDirectory? { directories.first { $0.holds(file) } }
        var includes = Includes(
            main: path, document: document,
            permits: { from, to in
                guard directory(of: to) != nil else { return false }
                guard let state else { return true }
                return !state.holds(state.behindLinks(from)) || state.holds(to)
            },
            read: { (file) throws(StorageError) in try readIncluded(directory(of: file) ?? directories[0], file) })
        var faults: [ConfigurationFault] = []
        var resolved: JSON?
        var own: [String: String] = [:]
        var taken: [String: String] = [:]
        do {
            let whole = try includes.expand(document.value, chain: [path])
            let places = Places(main: path, documents: includes.documents)
            own = variables(whole["env"])
            var variables = Variables(own.merging(environment) { own, outer in outer.isEmpty ? own : outer })
            let substituted = variables.substitute(whole)
            taken = variables.taken
            faults = variables.missing.prefix(ConfigurationValidator.limit).map { missing in
                places.fault(
                    at: missing.path, path: "", missing.message, "set it, or write $${\(missing.name)} for the text",
                    .variable)
            }
            faults += ConfigurationValidator.issues(in: substituted).map { issue in
                places.fault(at: issue.path, path: issue.pathText, issue.message, issue.advice, issue.kind)
            }
            resolved = substituted
        } catch {
            let position = includes.documents[error.file]?.position(of: error.path)
            faults = [
                ConfigurationFault(
                    file: error.file, position: position, path: ConfigurationPath.text(error.path.dropLast()),
                    message: error.message, advice: error.detail, kind: .unreadable)
            ]
        }
        let others = includes.documents.keys.filter { $0 != path }.sorted { $0.text < $1.text }
        return ConfigurationSnapshot(
            path: path, text: text, document: document, resolved: resolved,
            faults: faults.sorted { Self.isBefore($0, $1, main: path) }, files: [path] + others, variables: own,
            taken: taken)
    }

    /// The variables `env` sets, where the environment has none of that name.
    private func variables(_ env: JSON?) -> [String: String] {
        var variables: [String: String] = [:]
        for member in (env?["vars"]?.object?.members ?? []) + (env?.object?.members ?? []) {
            guard let value = member.value.string, environment[member.name, default: ""].isEmpty else { continue }
            variables[member.name] = value
        }
        return variables
    }

    private static func isBefore(_ left: ConfigurationFault, _ right: ConfigurationFault, main: AbsolutePath) -> Bool {
        if left.file != right.file {
            return left.file == main || right.file != main && left.file.text < right.file.text
        }
        let (a, b) = (left.position, right.position)
        return (a?.line ?? 0, a?.column ?? 0) < (b?.line ?? 0, b?.column ?? 0)
    }
}

extension ConfigurationIssue {
    fileprivate var kind: ConfigurationFault.Kind { isLegacy ? .moved : isExcess ? .excess : .value }
}

/// Finds where in several files a value stands that was put together from them.
private struct Places {
    let main: AbsolutePath
    let documents: [AbsolutePath: JSON5Document]

    func fault(
        at path: [JSON.PathComponent], path text: String, _ message: String, _ advice: String?,
        _ kind: ConfigurationFault.Kind
    ) -> ConfigurationFault {
        // What is missing has no place; what it is missing from has one.
        var sought = path
        var place = find(sought[...], at: [], in: main)
        while place == nil, sought.popLast() != nil { place = find(sought[...], at: [], in: main) }
        return ConfigurationFault(
            file: place?.file ?? main, position: place?.position, path: text, message: message, advice: advice,
            kind: kind)
    }

    /// Looks for `rest` below the value at `prefix` in `file`: there, then in what is included there, the last first.
    private func find(
        _ rest: ArraySlice<JSON.PathComponent>, at prefix: [JSON.PathComponent], in file: AbsolutePath
    ) -> (file: AbsolutePath, position: JSONPosition)? {
        guard let document = documents[file], let value = document.value.descendant(prefix) else { return nil }
        guard let next = rest.first else { return document.position(of: prefix).map { (file, $0) } }
        if let found = find(rest.dropFirst(), at: prefix + [next], in: file) { return found }
        for target in Includes.targets(value[Includes.key]).reversed() {
            guard let included = Includes.resolve(target, from: file), included != file else { continue }
            if let found = find(rest, at: [], in: included) { return found }
        }
        return nil
    }
}

extension JSON {
    /// What stands at `path`.
    package func descendant(_ path: [PathComponent]) -> JSON? {
        var value = self
        for component in path {
            switch component {
            case .name(let name), .nameOf(let name):
                guard let child = value[name] else { return nil }
                value = child
            case .index(let index):
                guard let array = value.array, array.indices.contains(index) else { return nil }
                value = array[index]
            }
        }
        return value
    }
}
