import ArgumentParser
import Configuration
import Gateway
import Policy
import Storage
import Time

/// `mazelclaw restore`: puts a copy that `backup` wrote in the place of what this profile's gateway remembers.
struct RestoreCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a copy that backup wrote in the place of this profile's database.",
        discussion: """
            The copy is looked through first, and is left as it is. What it replaces is kept beside it. The profile's gateway \
            must not run meanwhile. Configuration and workspace are files, and no part of it.
            """)

    @Argument(help: ArgumentHelp("The copy.", valueName: "file"))
    var file: String

    func enter(_ context: inout Context) throws {
        guard context.mustBecomeOwner else { return }
        try context.keepStopped()
        context.holdsLock = true
    }

    func run(in context: Context) async throws -> Int32 {
        let file = try context.path(file, argument: "FILE")
        if !context.holdsLock { try context.keepStopped() }
        ReadGuard.begin()
        let restore: DatabaseRestore
        do {
            defer { Output.endProgress() }
            restore = try DatabaseRestore(file, stateDirectory: context.instance.stateDirectory.value) { part in
                Output.progress("copying: \(Int(part * 100)) %")
            }
        }
        let kept = try await restore.commit(at: WallClock.system.now)
        Output.line(TerminalText.safe("Restored \(restore.path): \(restore.size) bytes, a copy of \(file)"))
        if let kept { Output.line(TerminalText.safe("As it was before: \(kept)")) }
        return 0
    }
}
