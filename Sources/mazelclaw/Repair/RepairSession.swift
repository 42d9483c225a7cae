import Configuration
import Gateway
import Glibc
import JSON
import Linux
import Policy
import Profiles
import Time

/// One grant, from its beginning to its end.
///
/// This process asks the administrator, keeps the record and restarts the target. It opens nothing in the state directory
/// of either profile: `RepairHelper` and `RepairKeeper` do that, each as the user of one of them.
final class RepairSession {
    private let target: RepairHelper
    private let service: GatewayService
    private let directories: HostDirectories
    private let grants: RepairGrants
    /// How long the target may take to get well.
    private let patience: TimeSpan

    init(_ context: Context, service: GatewayService, directories: HostDirectories, patience: TimeSpan) {
        target = RepairHelper(profile: context.instance.name, environment: Context.environment())
        self.service = service
        self.directories = directories
        grants = RepairGrants(directories: directories)
        self.patience = patience
    }

    private var name: ProfileName { target.profile }

    // MARK: The grant's place

    /// Gives `rescue` a grant, and keeps it until its end. Throws when it cannot be given or kept.
    func grant(to rescue: ProfileName, for span: TimeSpan) throws {
        let held = try take(for: rescue)
        let log = try AuditLog(of: name, .repair, in: directories)
        try cleanUp(held, log)
        let terminal = try RepairTerminal()
        let now = UTCTime.now
        let grant = RepairGrant(
            id: Self.newID(), target: name, rescue: rescue, grantedAt: now,
            expiresAt: now + span.count(.seconds), processID: getpid())
        try held.write(grant)
        let deadline = MonotonicClock.microseconds + span.milliseconds * 1000
        let life = try RepairLife(
            grant, held: held, target: target,
            rescue: RepairHelper(profile: rescue, environment: target.environment), change: change, log: log,
            terminal: terminal, unit: { [service] in service.unitState }, deadline: deadline)
        defer { life.end() }
        log.record(RepairEvent.granted(grant, span))
        Output.line(
            "\(rescue) may look at \(name) and propose changes until \(UTCTime.text(grant.expiresAt)) (grant \(grant.id))"
        )
        Output.line("In its chat: /repair. To end it: Ctrl-C, or `mazelclaw repair \(name) --revoke`")
        try life.run()
    }

    /// Ends the grant there is, whoever keeps it.
    func revoke() throws {
        guard let entry = try grants.of(name) else {
            throw ServiceError("there is no grant for profile \"\(name)\"")
        }
        if entry.isKept {
            kill(entry.grant.processID, SIGTERM)
            // A change that is being watched is taken back first, which takes a stop and a start.
            try grants.waitForEnd(of: name, milliseconds: 180_000)
        } else {
            let held = try take(for: nil)
            try cleanUp(held, AuditLog(of: name, .repair, in: directories))
        }
        Output.line("\(entry.grant.rescue) may not repair \(name) any more (grant \(entry.grant.id))")
    }

    private func take(for rescue: ProfileName?) throws -> HeldRepairGrant {
        switch try grants.hold(name, for: rescue) {
        case .taken(let held): return held
        case .held(let other):
            throw ServiceError(
                "profile \"\(other.rescue)\" may repair \"\(other.target)\" already (grant \(other.id), PID "
                    + "\(other.processID)); end that first with `mazelclaw repair \(other.target) --revoke`")
        case .busy: throw ServiceError("another process begins or ends a grant for profile \"\(name)\"; try again")
        }
    }

    /// Ends what a process left behind that was killed: what it staged, and a change of which nobody saw whether the target
    /// got well with it.
    private func cleanUp(_ held: HeldRepairGrant, _ log: AuditLog) throws {
        guard let left = held.left else { return }
        let rescue = RepairHelper(profile: left.rescue, environment: target.environment)
        try RepairKeeper(rescue, until: 0).end()
        if let change = left.change {
            let text = try self.change.takeBack(
                change, held, restarts: service.isManaged, because: "the process that watched it was killed")
            Output.line(text)
            log.record(RepairEvent.tookBack(left, change.proposal, text))
        }
        try held.end()
        log.record(RepairEvent.ended(left, "it was left behind by a process that was killed"))
    }

    private static func newID() -> String {
        let digits = String(UInt32.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    private var change: RepairChange {
        RepairChange(target: target, service: service, directories: directories, patience: patience)
    }
}
