import Gateway
import Glibc
import JSON
import Linux
import Policy
import Profiles
import Time

/// Makes a change of the target's configuration, sees whether the target gets well with it, and takes it back.
struct RepairChange {
    let target: RepairHelper
    let service: GatewayService
    let directories: HostDirectories
    /// How long the target may take to get well.
    let patience: TimeSpan

    /// How long it must stay well, in microseconds; half its patience where that is less.
    private static let settling: Int64 = 3_000_000
    /// How long between two looks, in microseconds.
    private static let interval: Int64 = 300_000

    private var name: ProfileName { target.profile }

    /// Why a change was not made. The configuration is as it was.
    struct NotMade: Error {
        let reason: String
    }

    /// Applies `proposal` as `plan` tells. From here on until it is known to be well, the record of the grant says how to take
    /// it back. Throws `NotMade`, or why nothing could be done.
    func apply(_ proposal: RepairProposal, _ plan: RepairPlan, _ grant: inout RepairGrant, _ held: HeldRepairGrant)
        throws
    {
        let text: [UInt8]
        do {
            text = try target.output(["text", "--base", plan.base])
        } catch {
            throw NotMade(reason: "\(error)")
        }
        guard let mark = text.first, mark != RepairTargetCommand.isAnother else {
            throw NotMade(reason: "the configuration is another than when the difference was shown; propose it anew")
        }
        let change = RepairGrant.Change(
            proposal: proposal.id, result: plan.result, hadFile: mark == RepairTargetCommand.isThere)
        try held.keep(Array(text.dropFirst()))
        grant.change = change
        try held.write(grant)
        var reason: String?
        do {
            let words = ["apply", "--base", plan.base, "--result", plan.result]
            let answer = try target.json(words, input: proposal.serialized)
            if answer["applied"] != true { reason = answer["refused"]?.string ?? "it was not applied" }
        } catch {
            // Made or not: nobody can tell.
            reason = try takeBack(change, held, restarts: false, because: "\(error)")
        }
        guard let reason else { return }
        try settle(&grant, held)
        throw NotMade(reason: reason)
    }

    /// The change is no longer one to take back.
    func settle(_ grant: inout RepairGrant, _ held: HeldRepairGrant) throws {
        grant.change = nil
        try held.write(grant)
        try held.forget()
    }

    /// Whether the target is restarted: not where somebody started it by hand, who has to stop it there. It takes over what
    /// it can while it runs.
    var restartsTarget: Bool {
        get throws { try service.isManaged || InstanceLock.holder(of: name, in: directories) == nil }
    }

    /// Restarts the target, when `restarts` is set, and watches it; returns why it is not well, or nil when it is.
    func watch(_ terminal: RepairTerminal, restarts: Bool) -> String? {
        do {
            if restarts { try service.restart() }
        } catch {
            return ShownText.line("\(error)")
        }
        let start = MonotonicClock.microseconds
        let settling = min(Self.settling, patience.milliseconds * 500)
        var wellSince: Int64?
        var detail = "it did not answer"
        while true {
            let health = (try? target.json(["health"])) ?? [:]
            let now = MonotonicClock.microseconds
            if health["well"] == true {
                let since = wellSince ?? now
                if now - since >= settling { return nil }
                wellSince = since
            } else {
                wellSince = nil
                detail = ShownText.line(health["detail"]?.string ?? detail)
                if now - start > patience.milliseconds * 1000 {
                    return "it was not well within \(patience): \(detail)"
                }
            }
            if case .stop = terminal.next(until: now + Self.interval) {
                return "an end was asked for before it was known to be well"
            }
        }
    }

    /// Puts back what stood there before `change`, and restarts the target when `restarts` is set; tells what came of it.
    func takeBack(
        _ change: RepairGrant.Change, _ held: HeldRepairGrant, restarts: Bool, because why: String
    ) throws -> String {
        let words = ["restore", "--result", change.result] + (change.hadFile ? [] : ["--absent"])
        let answer = try target.json(words, input: try held.kept() ?? [])
        guard answer["restored"] == true else {
            return "\(why); the configuration says something else by now, and was left as it is"
        }
        do {
            if restarts { try service.restart() }
        } catch {
            return "\(why); the configuration is as it was before, and \(name) does not start with it: "
                + ShownText.line("\(error)")
        }
        return "\(why); the configuration is as it was before"
    }
}
