import JSON
import Linux
public import Policy
import Profiles
import SystemPackage

/// Starts profiles with probes instead of payloads, side by side, and lets each try to reach every other.
public struct Matrix {
    private let caller: Caller
    private let options: LaunchOptions

    /// A matrix of starts of `options` by `caller`, whose profile is each one's in turn.
    public init(caller: Caller, options: LaunchOptions) {
        self.caller = caller
        self.options = options
    }

    /// Tries it with the profiles `names`, in this order. One that runs already keeps running: it is looked for and does
    /// not look. One that cannot be started has a row that says so.
    ///
    /// `say` gets a sentence for everything that is to be told meanwhile. Throws `LaunchError` when the registry of
    /// running instances cannot be read.
    public func run(_ names: [ProfileName], _ say: (String) -> Void) throws(LaunchError) -> MatrixReport {
        var report = MatrixReport()
        var probed: [ProbedInstance] = []
        defer { for instance in probed { instance.end() } }
        var targets: [MatrixTarget] = []
        do throws(Errno) {
            // A start may fail before its probe is asked: that is the row's to tell.
            try Signals.blockBrokenPipe()
        } catch {
            throw .system(action: "block", path: "SIGPIPE", errno: error)
        }
        let live = try self.live()
        for name in names {
            do throws(ProbedInstance.Failure) {
                switch try start(name, live.first { $0.isProfile && $0.name == name }?.holder, say) {
                case .probed(let instance, let userID):
                    probed.append(instance)
                    targets.append(instance.target)
                    report.add(name, .probed, userID: userID)
                case .live(let target):
                    targets.append(target)
                    let processID = target.processes.first ?? 0
                    // The supervisor is of the payload's user; one that has just ended shares nothing.
                    let userID = (try? FileStatus(of: "/proc/\(processID)"))?.userID
                    report.add(name, .live(processID), userID: userID)
                }
            } catch {
                report.add(name, .failed(error.code, error.reason))
            }
        }
        for index in probed.indices {
            for target in targets {
                do {
                    let outcomes = try probed[index].outcomes(on: target)
                    report.add(from: probed[index].name, on: target, outcomes)
                } catch {
                    report.fail(probed[index].name, error.code, error.reason)
                    break
                }
            }
        }
        return report
    }

    private enum Participant {
        case probed(ProbedInstance, userID: UInt32)
        case live(MatrixTarget)
    }

    private func start(
        _ name: ProfileName, _ holder: InstanceHolder?, _ say: (String) -> Void
    ) throws(ProbedInstance.Failure) -> Participant {
        let state: AbsolutePath
        let plan: SandboxPlan
        do throws(LaunchError) {
            var options = options
            options.profile = name
            options.start.runsProbe = true
            let launch = try Launch(options, by: caller, creating: true)
            if launch.isNew { say("made the profile \"\(name)\" with base port \(launch.profile.basePort)") }
            if let trees = holder?.trees { state = trees.state } else { state = try launch.statePath() }
            if let pid = holder?.pid, let ports = holder?.ports {
                return .live(
                    MatrixTarget(
                        name: name, ports: ports, state: state, processes: ProbedInstance.family(of: pid), lure: nil))
            }
            plan = try launch.plan(preparing: true)
        } catch {
            throw ProbedInstance.Failure(code: error.exitCode.rawValue, reason: error.description)
        }
        let claim = InstanceClaim(of: plan, by: caller)
        return .probed(
            try ProbedInstance(
                plan, state: state, claim: { () throws(LaunchError) in _ = try claim.take() }, say: say),
            userID: plan.user.userID)
    }

    private func live() throws(LaunchError) -> [InstanceRegistry.Running] {
        do {
            return try InstanceRegistry(directories: caller.directories).live()
        } catch {
            throw .profile(error)
        }
    }
}
