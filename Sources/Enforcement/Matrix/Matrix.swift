import JSON
import Linux
public import Policy
import Profiles
import SystemPackage

/// Starts profiles with probes instead of payloads, side by side, and lets each try to reach every other.
public struct Matrix {
    private let launch: Launch
    private let options: LaunchOptions

    /// A matrix of starts of `options`, whose profile is each one's in turn.
    public init(launch: Launch, options: LaunchOptions) {
        self.launch = launch
        self.options = options
    }

    /// Tries it with the profiles `names`, in this order. One that runs already keeps running: it is looked for and does
    /// not look.
    ///
    /// `say` gets a sentence for everything that is to be told meanwhile. Throws `LaunchError` when a profile cannot be
    /// planned; one that can and then does not start has a row that says so.
    public func run(_ names: [ProfileName], _ say: (String) -> Void) throws(LaunchError) -> MatrixReport {
        var report = MatrixReport()
        var probed: [ProbedInstance] = []
        defer { for instance in probed { instance.end() } }
        var targets: [MatrixTarget] = []
        let live = try self.live()
        for name in names {
            var options = options
            options.profile = name
            options.runsProbe = true
            let (profile, isNew) = try launch.profile(options, creating: true)
            if isNew { say("made the profile \"\(name)\" with base port \(profile.basePort)") }
            let state = try launch.statePath(of: profile, options)
            if let holder = live.first(where: { $0.name == name })?.holder, let pid = holder.pid,
                let ports = holder.ports
            {
                targets.append(
                    MatrixTarget(
                        name: name, ports: ports, state: state, processes: ProbedInstance.family(of: pid), lure: nil))
                report.add(name, .live(pid))
                continue
            }
            let plan = try launch.plan(profile, options, preparing: true)
            do {
                let instance = try ProbedInstance(
                    plan, state: state, claim: { () throws(LaunchError) in _ = try launch.claim(plan) }, say: say)
                probed.append(instance)
                targets.append(instance.target)
                report.add(name, .probed)
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

    private func live() throws(LaunchError) -> [(name: ProfileName, holder: InstanceHolder)] {
        do {
            return try InstanceRegistry(directories: launch.directories).live()
        } catch {
            throw .profile(error)
        }
    }
}
