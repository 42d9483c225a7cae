internal import JSON

/// Which system calls a payload may make: the content of `policies/NAME.seccomp.json`.
///
/// The file is seccomp configuration as the OCI runtime specification has it, with Docker's `comment` key.
/// Rules are a set: their order in the file means nothing.
public struct SeccompPolicy: Sendable {
    /// One element of `syscalls`.
    public struct Entry: Equatable, Sendable {
        /// The system calls, by name.
        public var names: [String]
        /// What is done with them.
        public var action: SeccompAction
        /// What must hold, all of it; nothing for every call of these names. At most one per argument.
        public var comparisons: [SeccompComparison]
        /// Why the entry is there, as the file says; nil when it says nothing.
        public var comment: String?
    }

    /// The file it was read from, for messages.
    public let file: String
    /// What the file as a whole is for.
    public let comment: String?
    /// What is done with a call no rule matches. Never one that lets the call through.
    public let defaultAction: SeccompAction
    /// The rules, as written.
    public let entries: [Entry]

    /// For each name, the entries that hold it.
    let entriesByName: [String: [Int]]
    /// The file's text, from which places in it are found again.
    private let text: [UInt8]

    init(
        file: String, text: [UInt8], comment: String?, defaultAction: SeccompAction,
        entries: [Entry], entriesByName: [String: [Int]]
    ) {
        self.file = file
        self.text = text
        self.comment = comment
        self.defaultAction = defaultAction
        self.entries = entries
        self.entriesByName = entriesByName
    }

    func replacing(_ entries: [Entry]) -> SeccompPolicy {
        SeccompPolicy(
            file: file, text: text, comment: comment, defaultAction: defaultAction, entries: entries,
            entriesByName: entriesByName)
    }

    /// Every name that a rule mentions, sorted.
    public var names: [String] { entriesByName.keys.sorted() }

    /// The indices in `entries` of those that hold `name`, ascending.
    public func indices(ofEntriesFor name: String) -> [Int] { entriesByName[name] ?? [] }
}

extension SeccompPolicy {
    /// An error about entry `index`, or about the name at `nameIndex` in it, with its place in the file.
    public func error(entry index: Int, nameIndex: Int? = nil, _ message: String) -> PolicyError {
        var path: [JSON.PathComponent] = [.name("syscalls"), .index(index)]
        if let nameIndex { path += [.name("names"), .index(nameIndex)] }
        return PolicyError(file: file, position: JSON.position(of: path, in: text), message: message)
    }

    /// An error for each name that is no system call, in the order of the file.
    public func unknownNames(isKnown: (String) -> Bool) -> [PolicyError] {
        var errors: [PolicyError] = []
        for (index, entry) in entries.enumerated() {
            for (nameIndex, name) in entry.names.enumerated() where !isKnown(name) {
                errors.append(
                    error(
                        entry: index, nameIndex: nameIndex,
                        "\"\(name)\" is no system call of x86-64 that libseccomp knows; correct or remove it"))
            }
        }
        return errors
    }
}
