import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// One profile's sandbox with a probe in it, run by a child of this process.
struct ProbedInstance {
    let name: ProfileName
    /// What others may look for.
    private(set) var target: MatrixTarget
    private let supervisor: ChildProcess
    private var link: LineLink

    /// Starts `plan`, whose payload is the probe. `claim` takes the instance's lock, in the child, so that the lock lasts
    /// as long as anything of the sandbox. Throws when the probe does not answer; the child has said why.
    init(
        _ plan: SandboxPlan, state: AbsolutePath, claim: () throws(LaunchError) -> Void,
        say: (String) -> Void
    ) throws(Failure) {
        name = plan.profile
        target = MatrixTarget(name: plan.profile, ports: plan.ports, state: state, processes: [], lure: nil)
        do throws(Errno) {
            if let limits = plan.groupLimits { SandboxGroup.makeRoom(for: limits) }
            let (questions, answers) = (try Pipe(), try Pipe())
            guard let child = try ChildProcess.clone([]) else {
                Self.supervise(plan, questions.reader, answers.writer, claim: claim, say: say)
            }
            questions.reader.discard()
            answers.writer.discard()
            supervisor = child
            link = LineLink(input: answers.reader, output: questions.writer)
        } catch {
            throw Failure(code: ExitCode.isolation.rawValue, reason: "\(error.name) (\(error))")
        }
        do throws(Errno) {
            try link.send(target.json)
            guard let laidOut = try link.receive().flatMap(MatrixTarget.init(json:)) else { throw .brokenPipe }
            target = laidOut
            target.processes = Self.family(of: supervisor.processID)
        } catch {
            throw fail(error)
        }
    }

    /// Why a sandbox with a probe is not there.
    struct Failure: Error {
        let code: Int32
        let reason: String
    }

    /// How the acts on `target` ended, an errno or 0 for each.
    mutating func outcomes(on target: MatrixTarget) throws(Failure) -> [Int32] {
        do throws(Errno) {
            try link.send(target.json)
            guard let answer = try link.receive()?.array else { throw .brokenPipe }
            return answer.map { $0.integer.flatMap(Int32.init(exactly:)) ?? -1 }
        } catch {
            throw fail(error)
        }
    }

    /// Lets the probe take away what it laid out and end.
    func end() {
        do throws(Errno) {
            try link.send(["over": true])
        } catch {
            // It has ended already.
        }
        // Whatever came of its end: all that it answered is in the report.
        _ = try? supervisor.wait()
    }

    /// Ends what is left, and says how it ended.
    private func fail(_ errno: Errno) -> Failure {
        // It may be waiting for an answer that never comes.
        if errno == .timedOut { try? supervisor.send(signal: SIGKILL) }
        switch try? supervisor.wait() {
        case .exited(let code) where code != 0:
            return Failure(code: code, reason: "the start ended with exit status \(code)")
        case .exited, .killed, nil:
            return Failure(code: ExitCode.isolation.rawValue, reason: "the probe gave no answer: \(errno.name)")
        }
    }

    /// In the child: the whole life of the sandbox.
    private static func supervise(
        _ plan: SandboxPlan, _ questions: FileDescriptor, _ answers: FileDescriptor,
        claim: () throws(LaunchError) -> Void, say: (String) -> Void
    ) -> Never {
        do {
            try ProcessControl.dieWithParent()
            try questions.become(0)
            try answers.become(1)
            try claim()
        } catch let error as LaunchError {
            say(error.description)
            _exit(error.exitCode.rawValue)
        } catch {
            _exit(ExitCode.isolation.rawValue)
        }
        let outcome = Supervisor(plan: plan).run { _ in }
        if let failure = outcome.failure { say("profile \"\(plan.profile)\": \(failure)") }
        _exit(outcome.exitCode)
    }

    /// A process and all below it, by /proc/PID/task/PID/children (proc(5)).
    static func family(of processID: Int32) -> [Int32] {
        let path = "/proc/\(processID)/task/\(processID)/children"
        // One that has ended has no children, and none are aimed at.
        let text = (try? FileSystem.read(path, limit: 64 << 10)) ?? []
        let children = text.split(separator: UInt8(ascii: " ")).compactMap {
            Int32(String(decoding: $0, as: UTF8.self))
        }
        return [processID] + children.flatMap(family)
    }
}
