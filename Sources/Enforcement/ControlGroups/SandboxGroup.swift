import Linux
import Policy
import Profiles
import SystemPackage

/// The cgroup of a sandbox, beside that of its supervisor, in one that a service manager has handed over.
///
/// A cgroup that hands controllers on holds no processes itself ("no internal process constraint",
/// Documentation/admin-guide/cgroup-v2.rst). So the supervisor leaves the one it was started in for one below, and makes
/// the sandbox's next to that:
///
///     mazelclaw-gateway.service        delegated, and empty from now on
///     ├── supervisor                   the supervisor and its proxy
///     └── sandbox-rescue               init and all that it starts, under the profile's limits
///
/// Init is born in its cgroup, because the supervisor is in it for the moment of clone(2): the cgroup namespace that is made
/// then begins there.
struct SandboxGroup {
    private let limits: ControlGroupLimits
    private let parent: ControlGroup
    private let name: String
    private let group: ControlGroup
    /// Opened with the rights of the one who started the launcher; it may be the payload's user by the time it returns.
    private let supervisors: FileDescriptor
    /// The same for the sandbox's own.
    private let members: FileDescriptor
    private var hasLeft = false

    /// The cgroup that the supervisor goes to, below the one that was handed over.
    private static let supervisorName = "supervisor"

    /// Makes the cgroup of the sandbox of `profile`, sets its limits, and moves this process into it until `leave`.
    init(_ limits: ControlGroupLimits, of profile: ProfileName) throws(SafePath.Refusal) {
        let (parent, supervisor, path) = try Self.prepare(for: limits)
        defer { supervisor.discard() }
        self.limits = limits
        self.parent = parent
        name = "sandbox-\(profile)"
        do {
            // What a supervisor that was killed has left behind, whose counts are of another run. EBUSY: somebody is in it.
            do throws(Errno) {
                try parent.remove(name)
            } catch {
                guard error == .noSuchFileOrDirectory else { throw error }
            }
            try parent.make(name)
            group = try parent.open(name)
        } catch {
            throw SafePath.Refusal(errno: error as? Errno ?? .ioError, detail: "\(path)/sandbox-\(profile)")
        }
        for setting in limits.settings {
            do {
                try group.write(setting.value, to: setting.file)
            } catch {
                if error == .noSuchFileOrDirectory, setting.mayBeMissing { continue }
                throw SafePath.Refusal(errno: error, detail: "\(path)/\(name)/\(setting.file)")
            }
        }
        do {
            supervisors = try supervisor.openProcesses()
            members = try group.openProcesses()
            try ControlGroup.enter(members)
        } catch {
            throw SafePath.Refusal(errno: error, detail: "\(path)/\(name)/cgroup.procs")
        }
    }

    /// Moves this process out of the cgroup that it would share with the starts it makes, so that they can divide that.
    /// Returns why limits like these cannot be held for a start from here; nil when they can. Without limits nobody is going
    /// to divide it, and it is only looked at.
    @discardableResult
    static func makeRoom(for limits: ControlGroupLimits) -> SafePath.Refusal? {
        do {
            if limits.isEmpty {
                let place = try find(for: limits)
                place.own.discard()
                place.above?.discard()
            } else {
                let place = try prepare(for: limits)
                place.parent.discard()
                place.supervisor.discard()
            }
            return nil
        } catch {
            return error
        }
    }

    /// The cgroup of this process; the one above it, when that is what was handed over, and otherwise nil; and the path of
    /// the one that was, which has the controllers that `limits` need.
    private static func find(
        for limits: ControlGroupLimits
    ) throws(SafePath.Refusal) -> (own: ControlGroup, above: ControlGroup?, path: AbsolutePath) {
        var path: AbsolutePath?
        do {
            guard let found = try ControlGroupPath.own() else {
                throw SafePath.Refusal(
                    errno: .noSuchFileOrDirectory, detail: "no cgroup hierarchy of version 2 is mounted here")
            }
            path = found
            let own = try ControlGroup(path: found.text)
            guard try own.holds(OwnProcess.processID) else {
                throw SafePath.Refusal(errno: .noSuchProcess, detail: "\(found) is not the launcher's cgroup")
            }
            let above = try delegated(own, found)
            let place = above == nil ? found : found.parent
            try check(limits.controllers, in: above ?? own, place)
            return (own, above, place)
        } catch let refusal as SafePath.Refusal {
            throw refusal
        } catch {
            throw SafePath.Refusal(
                errno: error as? Errno ?? .ioError, detail: path?.text ?? "the launcher's cgroup")
        }
    }

    /// The cgroup that was handed over, with the controllers on that `limits` need; the one that the supervisor is in from
    /// now on; and the path of the former.
    private static func prepare(
        for limits: ControlGroupLimits
    ) throws(SafePath.Refusal) -> (parent: ControlGroup, supervisor: ControlGroup, path: AbsolutePath) {
        let (own, above, path) = try find(for: limits)
        do {
            if let above {
                try turnOn(limits.controllers, in: above, path)
                return (above, own, path)
            }
            let supervisor = try moveBelow(own)
            do {
                try turnOn(limits.controllers, in: own, path)
            } catch {
                // As it was found.
                let processes = try own.openProcesses()
                try ControlGroup.enter(processes)
                processes.discard()
                supervisor.discard()
                try own.remove(supervisorName)
                throw error
            }
            return (own, supervisor, path)
        } catch let refusal as SafePath.Refusal {
            throw refusal
        } catch {
            throw SafePath.Refusal(errno: error as? Errno ?? .ioError, detail: path.text)
        }
    }

    /// The cgroup above `own` when that is what was handed over, as with DelegateSubgroup= (systemd.resource-control(5)) and
    /// once the launcher has moved; nil when it is `own` itself. Throws where neither was.
    private static func delegated(_ own: ControlGroup, _ path: AbsolutePath) throws -> ControlGroup? {
        if try own.isMarkedAsDelegated() { return nil }
        let unit = InstanceHolder.unit(inControlGroups: path.text)
        let isUnits = unit == path.lastComponent
        if !isUnits, let parent = try above(own) {
            // What this process has made has no mark, and what no service manager looks after has none either.
            if try parent.isMarkedAsDelegated() || path.lastComponent == supervisorName && parent.isWritable() {
                return parent
            }
            parent.discard()
        }
        // Root may write to every cgroup, and a service manager takes back what it has not handed over. To others it has
        // given what they may write to; a user's own manager leaves no other trace of it.
        guard try own.isWritable(), unit == nil || Credentials.effectiveUserID != 0 else {
            throw SafePath.Refusal(
                errno: .permissionDenied,
                detail: unit.map { "the service manager has not delegated the cgroup of \($0)" }
                    ?? "\(path) is not this user's to divide")
        }
        return nil
    }

    /// The cgroup that `own` lies in; nil for the root of the hierarchy, or of what is mounted of it.
    private static func above(_ own: ControlGroup) throws(Errno) -> ControlGroup? {
        do throws(Errno) {
            return try own.open("..")
        } catch {
            guard error == .notSupported else { throw error }
            return nil
        }
    }

    /// Makes the supervisor's cgroup in `own`, where it is missing, and moves this process into it.
    private static func moveBelow(_ own: ControlGroup) throws(Errno) -> ControlGroup {
        do throws(Errno) {
            try own.make(supervisorName)
        } catch {
            guard error == .fileExists else { throw error }
        }
        let supervisor = try own.open(supervisorName)
        let processes = try supervisor.openProcesses()
        defer { processes.discard() }
        try ControlGroup.enter(processes)
        return supervisor
    }

    /// Throws for a controller that `parent` has not been given.
    private static func check(
        _ controllers: [String], in parent: ControlGroup, _ path: AbsolutePath
    ) throws {
        let available = try parent.read("cgroup.controllers").utf8.split(separator: UInt8(ascii: " "))
        for controller in controllers
        where !available.contains(where: { $0.elementsEqual(controller.utf8) }) {
            throw SafePath.Refusal(errno: .notSupported, detail: "\(path) has no controller \"\(controller)\"")
        }
    }

    /// Lets the cgroups in `parent` have `controllers`.
    private static func turnOn(
        _ controllers: [String], in parent: ControlGroup, _ path: AbsolutePath
    ) throws {
        for controller in controllers {
            do {
                try parent.write("+\(controller)", to: "cgroup.subtree_control")
            } catch .resourceBusy {
                throw SafePath.Refusal(errno: .resourceBusy, detail: "other processes are in \(path)")
            } catch {
                throw SafePath.Refusal(errno: error, detail: "\(path)/cgroup.subtree_control")
            }
        }
    }

    /// Goes back to the supervisor's cgroup, once `initProcess` has been made in the sandbox's. Throws ESRCH when it is not
    /// there.
    mutating func leave(_ initProcess: ChildProcess) throws(Errno) {
        guard try group.holds(initProcess.processID) else { throw .noSuchProcess }
        try ControlGroup.enter(supervisors)
        hasLeft = true
    }

    /// Moves this process into the sandbox's once more until `leave`, to make the init of another sandbox in it that is to
    /// share its limits.
    mutating func enterAgain() throws(Errno) {
        try ControlGroup.enter(members)
        hasLeft = false
    }

    /// The numbers of its descriptors.
    var descriptors: [Int32] { [parent.directory, group.directory, supervisors, members].map(\.rawValue) }

    /// Closes the descriptors, in init.
    func discard() {
        parent.discard()
        group.discard()
        supervisors.discard()
        members.discard()
    }

    /// How the sandbox ran out of memory; nil when the kernel has ended nothing in it for that.
    var outOfMemory: OutOfMemory? {
        // What cannot be read tells nothing: the end is then told as that by any other signal.
        guard let events = try? group.read("memory.events") else { return nil }
        guard Self.count("oom_kill", in: events) > 0 else { return nil }
        let peak = try? group.read("memory.peak")
        return OutOfMemory(
            peak: peak.flatMap { UInt64($0) }, limit: Self.count("oom", in: events) > 0 ? limits.memory : nil)
    }

    /// The count of `event` in the lines of `memory.events`; 0 for one that is not there.
    private static func count(_ event: String, in events: String) -> UInt64 {
        let prefix = Array("\(event) ".utf8)
        let line = events.utf8.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: prefix) }
        return line.flatMap { UInt64(Substring($0.dropFirst(prefix.count))) } ?? 0
    }

    /// Removes the cgroup once its last process has ended.
    func remove() {
        // After a start that failed on the way.
        if !hasLeft { try? ControlGroup.enter(supervisors) }
        // One that is left behind is removed by the next start, or by the service manager with the unit's.
        try? parent.remove(name)
        discard()
    }
}
