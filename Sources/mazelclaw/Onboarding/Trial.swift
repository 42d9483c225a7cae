import Configuration
import Dispatch
import Foundation
import Gateway
import Glibc
import JSON
import Linux
import Policy
import Profiles
import Synchronization
import SystemPackage

/// One real turn before anything is kept: the gateway is started in the profile's sandbox, with directories that are thrown
/// away and a port of its own, and its agent is asked.
final class Trial: Sendable {
    /// What is to be undone when the trial ends, however it ends.
    private struct State {
        var process: pid_t?
        var directory: AbsolutePath?
    }

    private let state = Mutex(State())
    private let context: Context
    private let launcher: AbsolutePath
    private static let place = AbsolutePath.root / "var/tmp"
    private static let prefix = "mazelclaw-onboard-"

    /// A trial for the profile that `context` is about.
    init(_ context: Context, launcher: AbsolutePath) {
        self.context = context
        self.launcher = launcher
    }

    /// Asks `choice` in the sandbox of `profile`, with `settings` in the configuration, and returns its answer. Throws
    /// `ServiceError` when there is none, and `ConfigurationError` for settings that are invalid.
    func run(_ choice: AnswerChoice, _ settings: [InstanceSetup.Setting], as profile: Profile) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [self] in
                continuation.resume(with: Result { try ask(choice, settings, as: profile) })
            }
        }
    }

    /// Ends what goes on, and removes what was made for it.
    func abandon() {
        let (process, directory) = state.withLock { state in
            defer { state.directory = nil }
            if let process = state.process { kill(process, SIGTERM) }
            return (state.process, state.directory)
        }
        if let process { Self.waitForEnd(of: process) }
        if let directory { try? FileManager.default.removeItem(atPath: directory.text) }
    }

    /// Waits until `process` has ended, and leaves it to be reaped: until then its ID is nobody else's.
    private static func waitForEnd(of process: pid_t) {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) == -1, errno == EINTR {}
    }

    // MARK: The turn

    private func ask(
        _ choice: AnswerChoice, _ settings: [InstanceSetup.Setting], as profile: Profile
    ) throws -> String {
        Self.removeLeftovers()
        let directory = try makeDirectory()
        defer { abandon() }
        var environment = Context.environment().filter { !$0.key.hasPrefix("MAZELCLAW_") }
        for name in ServiceManager.variables { environment[name] = nil }
        environment["XDG_CONFIG_HOME"] = (directory / "config").text
        environment["XDG_STATE_HOME"] = (directory / "host").text
        try set(up: profile, settings + choice.settings, in: directory, environment)
        let (code, answer, errors) = try launch(choice.question, environment, directory)
        guard code == 0, !answer.isEmpty else {
            throw ServiceError(
                errors.isEmpty
                    ? "\(choice.name) \(code == 0 ? "answered nothing" : "gave no answer (\(code))")"
                    : "\(choice.name) gave no answer: \(errors)")
        }
        return answer
    }

    private func makeDirectory() throws(ServiceError) -> AbsolutePath {
        var template = Array("\(Self.place)/\(Self.prefix)\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil,
            let made = AbsolutePath(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        else { throw ServiceError("cannot make a directory in \(Self.place): \(String(cString: strerror(errno)))") }
        state.withLock { $0.directory = made }
        return made
    }

    /// Writes a profile as `profile`, but for its port and its directories, and a configuration with `settings`.
    private func set(
        up profile: Profile, _ settings: [InstanceSetup.Setting], in directory: AbsolutePath,
        _ environment: [String: String]
    ) throws {
        var tried = Profile(name: profile.name, basePort: try freeBase())
        tried.stateDirectory = directory / "state"
        tried.policy = policyReference(profile.policy)
        tried.network = profile.network
        tried.egress = profile.egress
        tried.binds = profile.binds
        tried.connectPorts = profile.connectPorts
        tried.environment = profile.environment
        let home = context.instance.home
        let directories = HostDirectories(userID: geteuid(), home: home) { environment[$0] }
        try ProfileStore(directories: directories).write(tried)
        let selection = try InstanceSelection(
            argument: profile.name, environment: environment, launcherMark: LauncherSandbox.mark)
        let instance = try Instance(selection: selection, profile: tried, home: home, workingDirectory: directory)
        _ = try InstanceSetup(
            instance,
            settings: settings + [
                InstanceSetup.Setting(["agents", "defaults", "timeoutSeconds"], .integer(120))
            ])
    }

    /// A base port that is no profile's, and that nobody listens on.
    private func freeBase() throws -> UInt16 {
        guard let store = context.store, let name = ProfileName("onboard-\(getpid())") else {
            throw ServiceError("the host's profiles are out of sight")
        }
        return try store.loadOrPropose(name).profile.basePort
    }

    /// A policy of the user's own is found by its name from the user's own directories alone.
    private func policyReference(_ policy: String) -> String {
        guard let directories = context.lockDirectories, !policy.contains("/") else { return policy }
        let own = directories.configuration / "policies/\(policy).json"
        return (try? FileStatus(of: own.text)) == nil ? policy : own.text
    }

    /// Starts the launcher and waits for its end. Returns its code, what the agent said, and what went wrong.
    private func launch(
        _ question: String, _ environment: [String: String], _ directory: AbsolutePath
    ) throws -> (code: Int32, answer: String, errors: String) {
        let own = launcher.parent / "mazelclaw"
        // Where the sandbox shows it.
        let inside =
            (AbsolutePath.root / "usr").contains(own) ? own : PlanRequest.ownDirectory / own.lastComponent
        let name = context.instance.name.text
        let command = [launcher.text, "--profile", name, "--", inside.text, "--profile", name, "gateway", "try"]
        let errorFile = directory / "errors"
        let errors = open(errorFile.text, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard errors >= 0 else { throw ServiceError("cannot write \(errorFile): \(String(cString: strerror(errno)))") }
        defer { close(errors) }
        let ends = try Spawn.pipe(for: launcher.text)
        defer { ends.reader.discard() }
        let process: pid_t
        do {
            defer { ends.writer.discard() }
            // In a session of its own: what is typed here is not for it.
            process = try Spawn.start(
                command + [question], environment: environment, output: ends.writer.rawValue, errors: errors,
                isDetached: true)
        }
        state.withLock { $0.process = process }
        let answer = Spawn.rest(of: ends.reader.rawValue)
        Self.waitForEnd(of: process)
        let code = state.withLock { state in
            state.process = nil
            return Spawn.end(of: process)
        }
        let said = (try? FileSystem.read(errorFile.text, limit: 1 << 20)) ?? []
        return (
            code, answer.trimmingCharacters(in: .whitespacesAndNewlines),
            Self.reason(in: String(decoding: said, as: UTF8.self))
        )
    }

    /// The end of what was said, without the launcher's remark on a limit that no trial has.
    private static func reason(in text: String) -> String {
        text.split(separator: "\n").filter { !$0.contains(" has no limit on memory") }.suffix(3)
            .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
    }

    /// Removes what trials left behind that were killed.
    private static func removeLeftovers() {
        for name in (try? FileSystem.entries(of: place.text)) ?? [] where name.hasPrefix(prefix) {
            let path = place / name
            guard let process = pid_t(name.dropFirst(prefix.count).prefix { $0 != "-" }), kill(process, 0) == -1,
                let status = try? FileStatus(of: path.text), status.userID == geteuid(), status.kind == .directory
            else { continue }
            try? FileManager.default.removeItem(atPath: path.text)
        }
    }
}
