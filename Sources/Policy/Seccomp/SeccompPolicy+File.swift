internal import JSON

extension SeccompPolicy {
    /// Reads a policy file. Throws `PolicyError` with file and line for whatever it does not understand: a
    /// filter that is read by halves is no filter.
    ///
    /// Keys: `defaultAction`, `defaultErrnoRet`, `architectures`, `comment` and `syscalls`, whose
    /// elements hold `names`, `action`, `errnoRet`, `args` and `comment`. Whether the names exist is asked
    /// later, with `unknownNames(isKnown:)`.
    public init(file: String, text: [UInt8]) throws(PolicyError) {
        var object = try StrictDocument(file: file, text: text).object()
        for (key, advice) in Self.refusedKeys {
            try object.refuse(key, advice)
        }
        let defaultAction = try Self.defaultAction(&object)
        try Self.requireNativeArchitecture(&object)
        let comment = try object.string("comment")
        var reader = EntryReader()
        for var entry in try object.require(try object.objects("syscalls"), "syscalls") {
            try reader.read(&entry)
        }
        try object.finish()
        self.init(
            file: file, text: text, comment: comment, defaultAction: defaultAction,
            entries: reader.entries, entriesByName: reader.entriesByName)
        if let error = supervisionError { throw error }
    }

    private static var refusedKeys: [(key: String, advice: String)] {
        [
            (
                "archMap",
                "is Docker's extension: write \"architectures\": [\"SCMP_ARCH_X86_64\"] instead"
            ),
            (
                "listenerPath",
                "would hand calls to another program: the launcher's broker owns the one listener; remove it"
            ),
            ("flags", "are the launcher's to choose, one filter for every policy alike: remove it"),
            ("listenerMetadata", "belongs to listenerPath: remove both"),
        ]
    }

    private static func defaultAction(_ object: inout StrictObject) throws(PolicyError) -> SeccompAction {
        let word = try object.require(try object.string("defaultAction"), "defaultAction")
        let errno = try object.errno("defaultErrnoRet")
        let action = try object.seccompAction(word, key: "defaultAction", errno: errno, errnoKey: "defaultErrnoRet")
        guard !action.permits else {
            throw object.error(
                "defaultAction", "\(word) would permit every call nobody thought of; write SCMP_ACT_ERRNO")
        }
        guard action != .notify else {
            throw object.error(
                "defaultAction",
                "\(word) would make every call nobody thought of wait for the supervisor; write SCMP_ACT_ERRNO")
        }
        return action
    }

    private static func requireNativeArchitecture(_ object: inout StrictObject) throws(PolicyError) {
        let native = "SCMP_ARCH_X86_64"
        let architectures = try object.require(try object.strings("architectures"), "architectures")
        for (index, name) in architectures.enumerated() where name != native {
            throw object.error(
                "architectures", index,
                "\"\(name)\" is a second door past the rules: only \(native) programs run inside; remove it")
        }
        guard architectures.count == 1 else {
            throw object.error("architectures", "expected [\"\(native)\"], this machine's own")
        }
    }
}

extension StrictObject {
    /// An errno as the value of `name`.
    fileprivate mutating func errno(_ name: String) throws(PolicyError) -> UInt16? {
        // 133 is EHWPOISON, the last of asm-generic/errno.h; 0 would report success for a call not made.
        try integer(name, in: 1...133).map { UInt16($0) }
    }

    /// The action `word`, found at `key`, with its errno.
    fileprivate func seccompAction(
        _ word: String, key: String, errno: UInt16?, errnoKey: String
    ) throws(PolicyError) -> SeccompAction {
        let action: SeccompAction
        switch word {
        case "SCMP_ACT_ALLOW": action = .allow
        case "SCMP_ACT_LOG": action = .log
        // Without an errno the specification says EPERM.
        case "SCMP_ACT_ERRNO": return .errno(errno ?? 1)
        case "SCMP_ACT_TRAP": action = .trap
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": action = .killThread
        case "SCMP_ACT_KILL_PROCESS": action = .killProcess
        case "SCMP_ACT_NOTIFY": action = .notify
        case "SCMP_ACT_TRACE":
            throw error(key, "SCMP_ACT_TRACE needs a tracer, and there is none; write SCMP_ACT_ERRNO")
        default:
            let known = [
                "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
                "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRAP",
            ]
            let advice =
                Suggestion.nearest(to: word, among: known).map { "did you mean \($0)?" }
                ?? "expected one of \(known.joined(separator: ", "))"
            throw error(key, "unknown action \"\(word)\": \(advice)")
        }
        guard errno == nil else { throw error(errnoKey, "only SCMP_ACT_ERRNO takes an errno; remove it") }
        return action
    }
}

/// Reads the elements of `syscalls`, keeping in mind what the earlier ones said.
private struct EntryReader {
    var entries: [SeccompPolicy.Entry] = []
    var entriesByName: [String: [Int]] = [:]

    mutating func read(_ object: inout StrictObject) throws(PolicyError) {
        try object.refuse("name", "is the form before names: write \"names\": [\"…\"]")
        for key in ["includes", "excludes"] {
            try object.refuse(
                key,
                "is Docker's extension: decide it now, and keep the entry without it, or leave the entry out")
        }
        try object.refuse("minKernel", "is Docker's extension: remove it; a kernel without the call answers ENOSYS")
        let comment = try object.string("comment")
        let word = try object.require(try object.string("action"), "action")
        let errno = try object.errno("errnoRet")
        let action = try object.seccompAction(word, key: "action", errno: errno, errnoKey: "errnoRet")
        var comparisons: [SeccompComparison] = []
        for var argument in try object.objects("args") ?? [] {
            comparisons.append(try Self.comparison(&argument, after: comparisons))
        }
        // One set of conditions has one form, whatever the order in the file.
        comparisons.sort { $0.argument < $1.argument }
        let names = try object.require(try object.strings("names"), "names")
        try object.finish()
        guard !names.isEmpty else { throw object.error("names", "expected at least one system call") }
        entries.append(
            SeccompPolicy.Entry(names: names, action: action, comparisons: comparisons, comment: comment))
        for (index, name) in names.enumerated() {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameCharacter) else {
                throw object.error(
                    "names", index, "expected the name of a system call, like openat, found \"\(name)\"")
            }
            try note(name) { (message) throws(PolicyError) in throw object.error("names", index, message) }
        }
    }

    /// Notes that the last entry holds `name`, unless an earlier one rules that out.
    private mutating func note(
        _ name: String, refuse: (String) throws(PolicyError) -> Void
    ) throws(PolicyError) {
        let index = entries.count - 1
        let comparisons = entries[index].comparisons
        for earlier in entriesByName[name] ?? [] {
            if entries[earlier].comparisons == comparisons {
                try refuse("\(name) stands twice with the same conditions; keep one")
            }
            if entries[earlier].comparisons.isEmpty != comparisons.isEmpty {
                // libseccomp lets a rule without conditions replace all others for that call.
                try refuse(
                    "\(name) has a rule without \"args\", which would swallow the one with \"args\"; "
                        + "for \"in all other cases\" compare an argument with SCMP_CMP_GE and value 0")
            }
        }
        entriesByName[name, default: []].append(index)
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func comparison(
        _ object: inout StrictObject, after earlier: [SeccompComparison]
    ) throws(PolicyError) -> SeccompComparison {
        // JSON numbers beyond 2^63 - 1 would lose bits on their way through a double.
        let values: ClosedRange<Int64> = 0...Int64.max
        let index = Int(try object.require(try object.integer("index", in: 0...5), "index"))
        let value = UInt64(try object.require(try object.integer("value", in: values), "value"))
        let second = try object.integer("valueTwo", in: values).map { UInt64($0) }
        let word = try object.require(try object.string("op"), "op")
        try object.finish()
        guard !earlier.contains(where: { $0.argument == index }) else {
            throw object.error("index", "argument \(index) is compared twice; write two entries")
        }
        let relation: SeccompComparison.Relation
        switch word {
        case "SCMP_CMP_NE": relation = .notEqual(value)
        case "SCMP_CMP_LT": relation = .less(than: value)
        case "SCMP_CMP_LE": relation = .atMost(value)
        case "SCMP_CMP_EQ": relation = .equal(value)
        case "SCMP_CMP_GE": relation = .atLeast(value)
        case "SCMP_CMP_GT": relation = .greater(than: value)
        case "SCMP_CMP_MASKED_EQ":
            return SeccompComparison(
                argument: index, relation: try masked(object, mask: value, value: second ?? 0))
        default:
            let known = [
                "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ",
                "SCMP_CMP_NE",
            ]
            throw object.error("op", "unknown operator \"\(word)\": expected one of \(known.joined(separator: ", "))")
        }
        guard second ?? 0 == 0 else {
            throw object.error("valueTwo", "only SCMP_CMP_MASKED_EQ takes a second value; remove it")
        }
        return SeccompComparison(argument: index, relation: relation)
    }

    private static func masked(
        _ object: StrictObject, mask: UInt64, value: UInt64
    ) throws(PolicyError) -> SeccompComparison.Relation {
        guard mask != 0 else {
            // libseccomp drops such a comparison, and with it every other rule for the call.
            throw object.error(
                "value", "a mask of 0 compares nothing; for \"in all other cases\" write SCMP_CMP_GE and value 0")
        }
        guard value & ~mask == 0 else {
            throw object.error("valueTwo", "\(value) has bits outside the mask \(mask), so it never matches")
        }
        return .masked(mask: mask, value: value)
    }
}
