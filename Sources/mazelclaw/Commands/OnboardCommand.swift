import ArgumentParser
import Configuration
import Gateway
import GatewayServer
import Glibc
import JSON
import Policy
import Profiles
import Synchronization
import UnixSignals

/// `mazelclaw onboard`: sets a profile up with a person's answers, and tries it before anything is saved.
struct OnboardCommand: InstanceCommand {
    static let configuration = CommandConfiguration(
        commandName: "onboard",
        abstract: "Set this profile up step by step: its port, who answers, and its service.",
        discussion: """
            Asks four questions, each with a proposal that Enter takes, and for a model service its key, its model and \
            whether the sandbox may connect there. Then the choice answers one real message \
            in its sandbox; until it has, nothing is saved. Given again it changes what you answer otherwise, and \
            nothing else: a gateway that runs is not restarted. It is for your own profiles: root's are made by \
            `gateway install`.
            """)

    @OptionGroup var options: OnboardOptions

    func run(in context: Context) async throws -> Int32 {
        try Self.requirePossible(context)
        if !options.nonInteractive, isatty(STDIN_FILENO) == 0 {
            Output.error(
                "mazelclaw: onboard asks questions, and standard input is no terminal; give --non-interactive --accept-risk"
            )
            return Policy.ExitCode.usage.rawValue
        }
        let interruption = Interruption()
        let signals = await TrapGuard.during {
            await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        }
        let watch = Task { for await signal in signals { interruption.end(signal) } }
        let onboarding: Onboarding
        do {
            onboarding = try await Onboarding(context, options, interruption)
        } catch let end as Questions.End {
            Output.error("mazelclaw: \(end == .input ? "the input ended" : "stopped"): \(interruption.outcome)")
            return 1
        }
        // From here on everything that is written is whole at every moment.
        watch.cancel()
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
        guard options.json else {
            try onboarding.save()
            return 0
        }
        try Output.toErrors { try onboarding.save() }
        Output.line(onboarding.json.text(pretty: true))
        return 0
    }

    /// Throws `ServiceError` for an instance that is no profile of a user's.
    private static func requirePossible(_ context: Context) throws(ServiceError) {
        guard !context.instance.isSandboxed else {
            throw ServiceError("profiles are the host's: give this command outside of the sandbox")
        }
        guard context.store != nil else {
            throw ServiceError(
                "MAZELCLAW_STATE_DIR describes an instance that is no profile of this host; name a profile with --profile"
            )
        }
        guard geteuid() != 0 else {
            throw ServiceError(
                "onboard sets up a user's own gateways: give it as that user. As root `gateway install` makes a profile with a "
                    + "user ID of its own, and its service")
        }
    }
}
