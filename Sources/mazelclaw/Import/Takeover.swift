import Configuration
import Gateway
import Policy
import Time

/// Takes over what an original gateway kept: shows what comes over and what stays, asks, and does it at one moment.
struct Takeover {
    let original: OriginalDirectory
    /// The original's workspace, instead of the one its configuration names.
    var workspace: AbsolutePath?
    var asks = true
    var isDryRun = false
    /// The directory that root has made for this process to fill, and puts in its place itself.
    var into: AbsolutePath?
    /// The base port of a profile that is made for it; nil for a free one.
    var basePort: UInt16?

    /// Does so for the instance of `context`, which is kept from running. Returns the exit code.
    func run(in context: Context) async throws -> Int32 {
        ReadGuard.begin()
        let state = context.instance.stateDirectory.value
        let replacement =
            try into.map { StateReplacement(of: state, begunIn: $0) }
            ?? (isDryRun
                ? StateReplacement(tryingFor: state) : StateReplacement(beside: state, at: WallClock.system.now))
        do {
            guard try await fill(replacement, context) else {
                if into == nil { try replacement.abandon() }
                return isDryRun ? 0 : 1
            }
        } catch {
            Output.endProgress()
            if into == nil { try replacement.abandon() }
            throw error
        }
        guard into == nil else { return 0 }
        let isReplacement = replacement.isReplacement
        try replacement.commit()
        Self.tell(replacement, isReplacement, context)
        return 0
    }

    /// Makes what is to take the place of the state directory. Returns whether it is to.
    private func fill(_ replacement: StateReplacement, _ context: Context) async throws -> Bool {
        let read = try await InstanceImport(
            original, for: context.instance, in: replacement.place, workspace: workspace
        ) { Output.progress($0) }
        Output.endProgress()
        show(read, replacement, context)
        guard !isDryRun else { return false }
        if asks {
            do throws(Questions.End) {
                guard try await Questions().confirm("Go on?", proposal: false) else { throw .declined }
            } catch {
                Output.error("mazelclaw: nothing was changed")
                return false
            }
        }
        let total = read.workspaceBytes
        let replaced = try read.copyWorkspaces { done in
            Output.progress("copying the workspace: \(done * 100 / max(total, 1)) %")
        }
        Output.endProgress()
        if replaced > 0 {
            Output.line("Files of the profile's workspace that were not the same, and are in the copy: \(replaced)")
        }
        if into == nil, let store = context.store, context.instance.profile == nil {
            var context = context
            try ProfileSetup.makeProfile(for: &context, in: store, basePort: basePort)
        }
        try replacement.finish()
        return true
    }

    // MARK: Words

    private func show(_ read: InstanceImport, _ replacement: StateReplacement, _ context: Context) {
        func list(_ title: String, _ lines: [String]) {
            Output.line(TerminalText.safe(title))
            for line in lines.prefix(Self.lineLimit) { Output.line(TerminalText.safe("  \(line)")) }
            if lines.count > Self.lineLimit { Output.line("  and \(lines.count - Self.lineLimit) more") }
            if lines.isEmpty { Output.line("  nothing") }
        }
        list("Comes over from \(original.path):", read.taken)
        list("Stays there:", read.left)
        Output.line("Into: profile \"\(context.instance.name)\", \(replacement.state)")
        guard replacement.isReplacement else { return }
        Output.line("The profile as it is now is kept beside it\(isDryRun ? "" : ": \(replacement.place)")")
    }

    /// How much of a list is shown.
    private static let lineLimit = 200

    static func tell(_ replacement: StateReplacement, _ isReplacement: Bool, _ context: Context) {
        let name = context.instance.name
        Output.line("Imported into profile \"\(name)\": \(replacement.state)")
        if isReplacement { Output.line("As it was before: \(replacement.place)") }
        Output.line("Start it: \(CommandText.text("mazelclaw-run", for: name)) (in its sandbox)")
        Output.line("Who answers is chosen with \(CommandText.command("onboard", for: name))")
    }
}
