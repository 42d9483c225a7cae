import Configuration
import Files
import JSON
import Text
import Time

extension OperatorCommand {
    static let repair = OperatorCommand(
        "repair", "[status|logs|config|doctor|diff|propose CHANGE]",
        "Looks at another instance that the host lets this one repair, and proposes a change of its configuration: a "
            + "JSON5 merge patch, or \"rollback [version]\". For admins.",
        isForAdmins: true
    ) { request in
        let words = request.argument.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        let (word, rest) = (words.first ?? "status", words.count > 1 ? words[1].trimmed : "")
        let desk = RepairDesk(
            staged: StagedRepair(stateDirectory: request.sources.configuration.value.instance.stateDirectory.value),
            now: request.sources.clock.now)
        return try desk.answer(word, rest)
    }
}

/// What this instance can say and do about the one it may repair.
struct RepairDesk {
    let staged: StagedRepair
    let now: Timestamp

    private static let none = """
        This instance may repair no other now. Whoever runs the host can grant it for a while: \
        mazelclaw repair NAME --from THIS.
        """

    func answer(_ word: String, _ rest: String) throws -> String {
        let manifest: RepairManifest?
        do throws(StorageError) { manifest = try staged.manifest } catch { return "\(error)" }
        guard let manifest, now < manifest.expiresAt else { return Self.none }
        switch word {
        case "status": return try status(manifest)
        case "logs": return try logs(rest)
        case "config":
            return try staged.text(.configuration)
                ?? "The configuration is not there, or is no JSON5, so that nobody can tell what is secret in it. "
                + "/repair doctor tells what is wrong; /repair propose rollback goes back."
        case "doctor": return try staged.text(.doctor) ?? "Nothing is known."
        case "diff": return try difference(manifest)
        case "propose": return try propose(rest, manifest)
        default: return "/repair knows status, logs, config, doctor, diff and propose."
        }
    }

    private func status(_ manifest: RepairManifest) throws(StorageError) -> String {
        var rows = [
            ("Repairs", "\(manifest.target), by the host's grant \(manifest.grant)"),
            ("Ends", RFC3339.text(manifest.expiresAt)),
        ]
        switch manifest.phase {
        case .open: rows.append(("Now", try staged.waiting == nil ? "open to a proposal" : "the host takes a proposal"))
        case .asking: rows.append(("Now", "the host's operator is asked about a proposal"))
        case .watching: rows.append(("Now", "a proposal was applied, and \(manifest.target) is watched"))
        }
        if let outcome = manifest.outcome {
            rows.append(("Proposal", "\(outcome.proposal): \(outcome.word): \(outcome.text)"))
        }
        return OperatorText.table(rows) + (try staged.text(.status).map { "\n\n\($0)" } ?? "")
    }

    private func logs(_ rest: String) throws(StorageError) -> String {
        guard let limit = rest.isEmpty ? 20 : Int(rest), (1...500).contains(limit) else {
            return "\(rest) is no number of lines; from 1 to 500 can be shown."
        }
        let lines = (try staged.text(.log) ?? "").split(separator: "\n")
        return lines.isEmpty ? "The log is empty." : lines.suffix(limit).joined(separator: "\n")
    }

    private func propose(_ text: String, _ manifest: RepairManifest) throws -> String {
        let proposal: RepairProposal
        do throws(RepairRefusal) {
            proposal = try Self.proposal(text)
        } catch {
            return "Not proposed: \(error)."
        }
        try staged.propose(proposal)
        return """
            Proposed \(proposal.id) for \(manifest.target). The host shows its operator the difference, and asks; \
            /repair status tells what becomes of it.
            """
    }

    /// What `text` proposes. Throws `RepairRefusal`.
    private static func proposal(_ text: String) throws(RepairRefusal) -> RepairProposal {
        if text.hasPrefix("{") { return try RepairProposal(patching: Array(text.utf8)) }
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.first == "rollback", words.count <= 2 else {
            throw RepairRefusal(
                "write a merge patch, such as {gateway: {mode: \"local\"}}, where null takes a key away; or rollback, or "
                    + "rollback 1")
        }
        return RepairProposal(base: words.count == 2 ? words[1] : ConfigurationVersion.lastGood, patch: [:])
    }

    /// What the proposal that waits would change in what is shown of the configuration.
    private func difference(_ manifest: RepairManifest) throws -> String {
        guard let proposal = try staged.waiting else {
            return "No proposal waits here. The host's operator is shown the difference of one that it has taken."
        }
        guard proposal.base == ConfigurationVersion.current else {
            return "\(proposal.id) goes back to the version \(proposal.base), which is not shown here."
        }
        guard let text = try staged.text(.configuration),
            let document = try? JSON5Document(parsing: Array(text.utf8))
        else { return "The configuration is not shown, so that there is nothing to compare with." }
        let new = document.text(for: document.value.mergePatched(by: .object(proposal.patch)))
        let lines = TextDifference.lines(from: text, to: String(decoding: new, as: UTF8.self))
        return lines.isEmpty ? "\(proposal.id) changes nothing." : lines.joined(separator: "\n")
    }
}
