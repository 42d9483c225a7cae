import ArgumentParser
import Configuration
import Gateway
import Glibc
import Linux
import Policy
import Profiles
import Time

/// `mazelclaw import`: takes over what the original gateway kept, all of it or nothing.
struct ImportCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over what the original gateway kept: configuration, sessions, schedules, devices, workspace.",
        discussion: """
            Shows first what comes over and what stays, and asks. The directory is only read. What this version does not act \
            on stays there, and is named. All comes over at one moment, or nothing; the profile as it was is kept beside \
            its state directory. The profile's gateway must not run meanwhile.
            """)

    @Argument(
        help: ArgumentHelp(
            "The original's state directory, such as ~/.openclaw, ~/.moltbot or ~/.clawdbot.", valueName: "directory"))
    var directory: String

    @Flag(help: "Take it over without a question.")
    var yes = false

    @Flag(help: "Show what would come over and what would stay, and change nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "The original's workspace, instead of the one its configuration names.", valueName: "directory"))
    var workspace: String?

    /// The directory that root has made for this process to fill.
    @Option(help: .hidden)
    var into: String?

    func validate() throws {
        guard !yes || !dryRun else { throw ValidationError("--yes and --dry-run exclude each other.") }
    }

    // MARK: As who gave the command

    func enter(_ context: inout Context) throws {
        guard context.mustBecomeOwner, into == nil, !dryRun else { return }
        let name = context.instance.name
        guard context.store == nil || context.instance.profile != nil else {
            throw ServiceError(
                "root has no profile \"\(name)\", but \(context.instance.stateDirectory.value) is another user's; run "
                    + "`\(CommandText.command("setup", for: name))` first, or give the command as that user")
        }
        try context.keepStopped()
        context.holdsLock = true
        let parent = context.instance.stateDirectory.value.parent
        guard let owner = context.owner, try FileStatus(of: parent.text, follow: true).userID != owner.userID else {
            return
        }
        Glibc.exit(try replaceAsRoot(context, owner))
    }

    /// Has this program do everything as the profile's user but for the end, which takes place in a directory of root's.
    /// Returns the exit code.
    private func replaceAsRoot(_ context: Context, _ owner: FileStatus) throws -> Int32 {
        let replacement = try StateReplacement(beside: context.instance.stateDirectory.value, at: WallClock.system.now)
        let code: Int32
        do {
            try replacement.give(to: owner, groupID: context.ownersGroup(owner))
            var words = [
                "--profile", context.instance.name.text, "import", directory, "--into", replacement.place.text,
            ]
            if yes { words.append("--yes") }
            if let workspace { words += ["--workspace", workspace] }
            let program = try FileSystem.readSymbolicLink("/proc/self/exe")
            let process = try Spawn.start(
                [program] + words, environment: Context.environment(), input: STDIN_FILENO, output: STDOUT_FILENO,
                errors: STDERR_FILENO)
            code = Spawn.end(of: process)
        } catch {
            try replacement.abandon()
            throw error
        }
        guard code == 0, replacement.isFinished else {
            try replacement.abandon()
            return code
        }
        let isReplacement = replacement.isReplacement
        try replacement.commit()
        Takeover.tell(replacement, isReplacement, context)
        return 0
    }

    // MARK: As the profile's user

    func run(in context: Context) async throws -> Int32 {
        guard yes || dryRun || isatty(STDIN_FILENO) == 1 else {
            Output.error(
                "mazelclaw: import asks before it changes anything, and standard input is no terminal; give --yes, or --dry-run"
            )
            return Policy.ExitCode.usage.rawValue
        }
        let original = try OriginalDirectory(try context.path(directory, argument: "DIRECTORY"))
        let chosen = try workspace.map { try context.path($0, argument: "--workspace") }
        if !context.holdsLock, into == nil, !dryRun { try context.keepStopped() }
        let takeover = Takeover(
            original: original, workspace: chosen, asks: !yes, isDryRun: dryRun, into: into.flatMap { AbsolutePath($0) }
        )
        return try await takeover.run(in: context)
    }
}
