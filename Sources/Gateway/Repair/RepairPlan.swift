public import Configuration
import Files
public import JSON
import Policy

/// What a proposal makes of a configuration, before anybody has agreed.
public struct RepairPlan: Sendable, Equatable {
    /// The hash of the configuration it was made for.
    public let base: String
    /// The hash of what it makes of that.
    public let result: String
    /// The lines that go and come, without secrets, escaped.
    public let difference: [String]
    /// Where values change.
    public let changed: [String]
    /// Those that may give somebody more, and need more than a yes.
    public let guarded: [String]

    /// More lines, or more bytes, than this nobody compares; and nothing is left out of what is shown.
    private static let (lines, bytes) = (400, 64 << 10)

    /// Whether a person can look it through.
    var isComparable: Bool {
        difference.count <= Self.lines
            && (difference + changed + guarded).reduce(0) { $0 + $1.utf8.count } <= Self.bytes
    }

    /// As one process tells it to another.
    public var json: JSON {
        func list(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }
        return [
            "base": .string(base), "result": .string(result), "difference": list(difference), "changed": list(changed),
            "guarded": list(guarded),
        ]
    }

    /// What another process told; nil for what is none.
    public init?(_ json: JSON) {
        func list(_ name: String) -> [String]? { json[name]?.array?.compactMap(\.string) }
        guard let base = json["base"]?.string, let result = json["result"]?.string,
            let difference = list("difference"), let changed = list("changed"), let guarded = list("guarded")
        else { return nil }
        self.init(base: base, result: result, difference: difference, changed: changed, guarded: guarded)
    }

    init(base: String, result: String, difference: [String], changed: [String], guarded: [String]) {
        self.base = base
        self.result = result
        self.difference = difference
        self.changed = changed
        self.guarded = guarded
    }
}

extension ConfigurationStore {
    /// What `proposal` would make of the configuration. Nothing is written. Throws `RepairRefusal`.
    public func plan(for proposal: RepairProposal) throws(RepairRefusal) -> RepairPlan {
        let (old, new) = try outcome(of: proposal)
        guard old.text != new.text else { throw RepairRefusal("it changes nothing") }
        guard let after = new.shownText else { throw RepairRefusal("what it makes of the configuration is no JSON5") }
        let changes = Self.changes(from: (old.document?.value, old), to: (new.document?.value, new))
        let plan = RepairPlan(
            base: old.hash, result: new.hash,
            difference: TextDifference.lines(from: old.shownText ?? "", to: after).map(ShownText.whole),
            changed: changes.map { ShownText.whole($0.text) },
            guarded: changes.filter { $0.verdict > .plain }.map { ShownText.whole($0.text) })
        guard plan.isComparable else { throw RepairRefusal("it changes more than anybody compares") }
        return plan
    }

    /// Makes the change that was shown, and no other: neither when the configuration has another hash than `base` by now, nor
    /// when the proposal makes of it what has another than `result`. Throws `RepairRefusal`.
    public func apply(
        _ proposal: RepairProposal, over base: String, making result: String
    ) throws(RepairRefusal) {
        let (old, new) = try outcome(of: proposal)
        guard old.hash == base, new.hash == result, let text = new.text else {
            throw RepairRefusal("the configuration is another than when the difference was shown; propose it anew")
        }
        do throws(ConfigurationChangeError) {
            try replace(with: text, base: .hash(base))
        } catch {
            throw RepairRefusal(ShownText.line("\(error)"))
        }
    }

    /// What stands there, and what the proposal makes of the version that it starts from: it changes nothing there that is no
    /// grant's to change, and is valid.
    private func outcome(
        of proposal: RepairProposal
    ) throws(RepairRefusal) -> (old: ConfigurationSnapshot, new: ConfigurationSnapshot) {
        let old: ConfigurationSnapshot
        var base: ConfigurationSnapshot?
        do throws(StorageError) {
            old = try snapshot()
            base = old
            if proposal.base != ConfigurationVersion.current {
                base = try versions().first { $0.name == proposal.base }?.snapshot
            }
        } catch {
            throw RepairRefusal(ShownText.line("\(error)"))
        }
        guard let base else {
            throw RepairRefusal("there is no version \(ShownText.line(proposal.base)) to start from")
        }
        guard base.text == nil || base.document != nil else {
            throw RepairRefusal(
                "the version \(ShownText.line(proposal.base)) is no JSON5 and cannot be patched; start from an earlier one"
            )
        }
        let merged = (base.document?.value ?? [:]).mergePatched(by: .object(proposal.patch))
        // Before anything is read that the patch names. An earlier version is the instance's own word, which the
        // administrator judges; the patch is the rescue's.
        let refused = Self.changes(from: (base.document?.value, base), to: (merged, base))
            .filter { $0.verdict == .refused }.map(\.text)
        guard refused.isEmpty else {
            throw RepairRefusal(
                "it changes \(ShownText.line(refused.joined(separator: ", "))), which no grant covers: secrets, who is let in "
                    + "and what is run are the operator's own to set")
        }
        do throws(ConfigurationChangeError) {
            // An empty patch is a way back: the version's text as it was written.
            let text = try proposal.patch.members.isEmpty ? base.text ?? [] : self.text(saying: merged, in: base)
            return (old, try changed(old) { _ in text })
        } catch {
            throw RepairRefusal("what it makes of the configuration cannot be used: \(Self.reason(error))")
        }
    }

    /// Why, without the paths of files, which are none of the rescue's.
    private static func reason(_ error: ConfigurationChangeError) -> String {
        guard case .invalid(let faults) = error else { return ShownText.line("\(error)") }
        let texts = faults.prefix(5).map { fault in
            (fault.position.map { "\($0): " } ?? "") + (fault.path.isEmpty ? "" : "\(fault.path): ") + fault.message
        }
        return ShownText.line(texts.joined(separator: "; "))
    }

    private typealias Side = (value: JSON?, snapshot: ConfigurationSnapshot)

    private static func changes(from old: Side, to new: Side) -> [RepairScope.Change] {
        func redacted(_ side: Side) -> JSON {
            ConfigurationSchema.root.redacted(side.value ?? [:], knowing: KnownSecrets(side.snapshot))
        }
        return RepairScope.changes(
            from: old.value ?? [:], to: new.value ?? [:], redactedOld: redacted(old), redactedNew: redacted(new))
    }
}
