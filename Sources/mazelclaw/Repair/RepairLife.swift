import Configuration
import Gateway
import Glibc
import JSON
import Linux
import Policy
import Profiles
import Time

/// A grant while it lasts: what the rescue sees is kept up to date, and each proposal is checked, shown, and made once the
/// administrator says so.
final class RepairLife {
    private var grant: RepairGrant
    private let held: HeldRepairGrant
    private let target: RepairHelper
    private let keeper: RepairKeeper
    private let change: RepairChange
    private let log: AuditLog
    private let terminal: RepairTerminal
    private let unit: () -> [(name: String, value: String)]
    /// When it ends (CLOCK_MONOTONIC, in microseconds).
    private let deadline: Int64
    private var manifest: RepairManifest
    private var files: [StagedRepair.File: String] = [:]
    private var reason = "it failed"

    /// How many proposals the rescue has left: who is asked without end agrees at some time.
    private var left = 24

    /// How old what the rescue sees may become, in microseconds.
    private static let freshness: Int64 = 15_000_000

    /// Whether its time is over, by either clock: one is set by people, and the other stops while the host sleeps.
    private var isOver: Bool { MonotonicClock.microseconds >= deadline || UTCTime.now >= grant.expiresAt }

    init(
        _ grant: RepairGrant, held: HeldRepairGrant, target: RepairHelper, rescue: RepairHelper, change: RepairChange,
        log: AuditLog, terminal: RepairTerminal, unit: @escaping () -> [(name: String, value: String)], deadline: Int64
    ) throws {
        self.grant = grant
        self.held = held
        self.target = target
        self.change = change
        self.log = log
        self.terminal = terminal
        self.unit = unit
        self.deadline = deadline
        manifest = RepairManifest(
            grant: grant.id, target: grant.target, expiresAt: Timestamp(clamping: grant.expiresAt * 1000))
        keeper = try RepairKeeper(rescue, until: grant.expiresAt)
    }

    /// Keeps the grant until its end.
    func run() throws {
        while true {
            guard !isOver else { return end(because: "its time is over") }
            guard left > 0 else { return end(because: "\(grant.rescue) has proposed too often") }
            try stage(fresh: true)
            keeper.listen()
            let refresh = MonotonicClock.microseconds + Self.freshness
            switch terminal.next(from: keeper, until: min(deadline, refresh)) {
            case .stop: return end(because: "it was revoked")
            case .late, .typed: continue
            case .told(let messages):
                for message in messages {
                    switch message {
                    case .proposal(let text):
                        left -= 1
                        guard try consider(text) else { return }
                    case .unusable(let text):
                        left -= 1
                        try decide("unreadable", "refused", text)
                    case .failed(let text): throw ServiceError(text)
                    case .ended: throw ServiceError("the process that keeps the staged files has ended")
                    case .staged: continue
                    }
                }
            }
        }
    }

    private func end(because reason: String) {
        self.reason = reason
        Output.line("The grant has ended: \(reason)")
    }

    /// Removes what is staged, and the record. Not called while a change is not settled, unless something failed: then the
    /// record stays, and the next grant, or `--revoke`, takes the change back.
    func end() {
        keeper.end()
        guard grant.change == nil else { return }
        do {
            try held.end()
        } catch {
            Output.error("mazelclaw: \(error)")
        }
        log.record(RepairEvent.ended(grant, reason))
    }

    // MARK: What the rescue sees

    private func stage(fresh: Bool = false) throws(ServiceError) {
        if fresh {
            let state = unit().map { "\($0.name): \($0.value)" }.joined(separator: "\n")
            let facts = try target.json(["facts"], input: Array(state.utf8))
            files = [:]
            for file in StagedRepair.File.allCases { files[file] = facts[file.rawValue]?.string }
        }
        files[.manifest] = manifest.json.text(pretty: true) + "\n"
        try keeper.stage(files)
    }

    // MARK: A proposal

    /// Checks, shows and perhaps makes what the rescue proposes. False when the grant has ended meanwhile.
    private func consider(_ text: [UInt8]) throws -> Bool {
        let proposal: RepairProposal
        do throws(RepairRefusal) {
            proposal = try RepairProposal(parsing: text)
        } catch {
            try decide("unreadable", "refused", error.description)
            return true
        }
        let answer: JSON
        do {
            answer = try target.json(["plan"], input: proposal.serialized)
        } catch {
            try decide(proposal.id, "refused", "it cannot be checked: \(error)")
            return true
        }
        guard let plan = answer["plan"].flatMap(RepairPlan.init) else {
            try decide(proposal.id, "refused", answer["refused"]?.string ?? "it cannot be checked")
            return true
        }
        log.record(RepairEvent.proposed(grant, proposal.id, plan.changed))
        show(proposal, plan)
        manifest.phase = .asking
        try stage()
        let answered = ask(plan)
        manifest.phase = .open
        switch answered {
        case .typed(let word?) where !isOver && Self.isConsent(word, plan, grant.target):
            try make(proposal, plan)
        case .typed: try decide(proposal.id, "declined", "the host's operator said no")
        case .stop, .late, .told:
            let isLate = if case .late = answered { true } else { false }
            let why = isLate ? "its time is over" : "it was revoked"
            try decide(proposal.id, "declined", "the grant has ended: \(why)")
            end(because: why)
            return false
        }
        return true
    }

    private func show(_ proposal: RepairProposal, _ plan: RepairPlan) {
        Output.line("")
        Output.line("\(grant.rescue) proposes \(proposal.id) for \(grant.target):")
        if proposal.base != ConfigurationVersion.current {
            Output.line("It goes back to the version \(ShownText.line(proposal.base)).")
        }
        for line in plan.difference { Output.line("  \(line)") }
        if plan.difference.isEmpty { Output.line("  Only secrets differ") }
        Output.line("It changes \(ShownText.whole(plan.changed.joined(separator: ", ")))")
    }

    private func ask(_ plan: RepairPlan) -> RepairTerminal.Event {
        guard !plan.guarded.isEmpty else {
            return terminal.ask("Apply it and restart \(grant.target)? [y/N] ", until: deadline)
        }
        Output.line(
            "WARNING: THIS CAN CHANGE WHAT \(grant.target) DOES OR WHO REACHES IT: "
                + ShownText.whole(plan.guarded.joined(separator: ", ")))
        return terminal.ask(
            "To apply it and restart \(grant.target), type the profile's name; anything else declines: ",
            until: deadline)
    }

    private static func isConsent(_ typed: String, _ plan: RepairPlan, _ target: ProfileName) -> Bool {
        let word = typed.filter { !$0.isWhitespace }
        return plan.guarded.isEmpty ? ["y", "yes"].contains(word.lowercased()) : word == target.text
    }

    private func make(_ proposal: RepairProposal, _ plan: RepairPlan) throws {
        let restarts = try change.restartsTarget
        do {
            try change.apply(proposal, plan, &grant, held)
        } catch let error as RepairChange.NotMade {
            return try decide(proposal.id, "refused", error.reason)
        }
        Output.line(
            "Applied. "
                + (restarts ? "" : "It was started by hand, and takes over what it can while it runs. ")
                + "Watching \(grant.target)…")
        manifest.phase = .watching
        // Whatever the rescue makes of its own directory, the change is watched to its end.
        do { try stage() } catch { Output.error("mazelclaw: \(error)") }
        let illness = change.watch(terminal, restarts: restarts)
        manifest.phase = .open
        guard let illness, let made = grant.change else {
            try change.settle(&grant, held)
            return try decide(proposal.id, "applied", "\(grant.target) is well")
        }
        let text = try change.takeBack(made, held, restarts: restarts, because: illness)
        try change.settle(&grant, held)
        try decide(proposal.id, "rolled-back", text)
    }

    /// Tells everybody what became of a proposal.
    private func decide(_ proposal: String, _ word: String, _ text: String) throws {
        let outcome = RepairManifest.Outcome(proposal: proposal, word: word, text: ShownText.line(text))
        manifest.outcome = outcome
        Output.line("Proposal \(proposal): \(word): \(outcome.text)")
        log.record(
            word == "refused"
                ? RepairEvent.refused(grant, proposal, outcome.text, at: UTCTime.now)
                : RepairEvent.decided(grant, outcome))
        try stage()
    }
}
