import ArgumentParser
import Configuration
import Gateway
import Glibc
import JSON
import Linux
import Policy
import Profiles
import Time

/// `mazelclaw repair`: lets one profile help another for a while.
struct RepairCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Let another profile, the rescue, look at a profile and propose changes of its configuration.",
        discussion: """
            While it runs, the rescue sees copies of the profile's configuration without secrets, the end of its log, its \
            state and what doctor finds, and can propose changes (/repair in its chat; for agents repair/proposal.json in its \
            state directory, a JSON object with "patch", and perhaps "base", a version as config history calls it). Each is \
            checked, shown here as a difference, and applied once you say so; the profile is then restarted, and what stood \
            there is put back when it does not get well. Secrets, who is let in and what is run are no grant's to change. \
            Ctrl-C, --revoke from another terminal, or its time end it, and remove the copies.
            """)

    @Argument(help: ArgumentHelp("The profile to repair.", valueName: "profile"))
    var target: String?

    @Option(help: ArgumentHelp("The profile that may help.", valueName: "profile"))
    var from = "rescue"

    @Option(name: .customLong("for"), help: ArgumentHelp("How long: 1s to 8h.", valueName: "time"))
    var duration = "30m"

    @Option(
        help: ArgumentHelp(
            "How long the profile may take to get well before a change is taken back: 1s to 10m.", valueName: "time"))
    var watch = "1m"

    @Flag(help: "End the grant for the profile, and take back a change whose outcome nobody saw.")
    var revoke = false

    @Flag(help: "List the grants there are.")
    var list = false

    @Flag(help: "With --list: print JSON.")
    var json = false

    var subject: ProfileName? { target.flatMap { ProfileName($0) } }

    func validate() throws {
        guard target != nil || list else { throw ValidationError("Name the profile to repair, or --list.") }
        guard !list || target == nil && !revoke else { throw ValidationError("--list takes no profile.") }
        guard !json || list else { throw ValidationError("--json goes with --list.") }
        for name in [target, from].compactMap({ $0 }) where ProfileName(name) == nil {
            throw ValidationError("\"\(name)\" is no profile's name: \(ProfileName.rule).")
        }
        guard subject != ProfileName(from) || revoke else {
            throw ValidationError("A profile cannot repair itself; name another with --from.")
        }
        _ = try (
            span(duration, "--for", most: TimeSpan(8, .hours)), span(watch, "--watch", most: TimeSpan(10, .minutes))
        )
    }

    private func span(_ text: String, _ flag: String, most: TimeSpan) throws -> TimeSpan {
        guard let span = try? DurationText.span(text, unit: .seconds), span >= TimeSpan(1, .seconds), span <= most
        else {
            throw ValidationError("\(flag) must be from 1s to \(most).")
        }
        return span
    }

    func enter(_ context: inout Context) throws {
        guard !context.instance.isSandboxed, let directories = context.lockDirectories else {
            throw ServiceError("grants are the host's: give this command outside of the sandbox")
        }
        let grants = RepairGrants(directories: directories)
        if list { return try show(grants.all()) }
        try requireProfile(context.instance.name, context)
        let session = RepairSession(
            context, service: try GatewayService(context, scope: nil), directories: directories,
            patience: try span(watch, "--watch", most: TimeSpan(10, .minutes)))
        if revoke { return try session.revoke() }
        guard let rescue = ProfileName(from) else { return }
        try requireProfile(rescue, context)
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw ServiceError("a person has to approve each change: give this command in a terminal")
        }
        try session.grant(to: rescue, for: try span(duration, "--for", most: TimeSpan(8, .hours)))
    }

    func run(in context: Context) async throws -> Int32 { 0 }

    private func requireProfile(_ name: ProfileName, _ context: Context) throws {
        guard try context.store?.load(name) != nil else {
            throw ServiceError(
                "this host has no profile \"\(name)\"; `\(CommandText.command("setup", for: name))` makes it")
        }
    }

    private func show(_ entries: [RepairGrants.Entry]) {
        if json { return Output.line(JSON.array(entries.map(\.json)).text(pretty: true)) }
        if entries.isEmpty { return Output.line("No profile may repair another now") }
        for entry in entries { Output.line(entry.text) }
    }
}
