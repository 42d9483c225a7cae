import Configuration
import GatewayProtocol
import JSON

/// What clients of the original gateway would have it do to its own installation. A gateway in a sandbox can see neither its
/// program nor its profile, so each is refused, with the command that does it.
struct InstallationMethods: Sendable {
    let instance: Instance

    var group: MethodGroup {
        MethodGroup(
            "Installation",
            """
            A gateway changes neither its program nor its profile: its sandbox shows it neither. These methods of the original \
            gateway say so, and name the command that does what is asked for.
            """,
            [start, next, cancel, status, update])
    }

    private struct StartParameters {
        var mode: String?
        var workspace: String?

        static let schema = Schema(
            Field(
                "mode", .parsed(["`local`", "`remote`"], { ["local", "remote"].contains($0) ? $0 : nil }),
                "Where it runs."),
            Field("workspace", .string, "The workspace."), as: StartParameters.init)
    }

    private var start: Method {
        let command = CommandText.command("onboard", for: instance.name)
        return Method.immediate(
            "wizard.start", .scope(.admin),
            "Refused: `mazelclaw onboard` asks these questions, in a terminal of the host.",
            isAdvertised: false, StartParameters.schema, answer: .any
        ) { _, _ in
            throw ProtocolError(
                .unavailable, "a running gateway is not set up from within; give the command `\(command)` on its host",
                details: ["reason": "unsupported", "command": .string(command)])
        }
    }

    private struct SessionParameters {
        var sessionID: String

        static let schema = Schema(
            Field(required: "sessionId", .nonEmptyString, "The wizard."), as: SessionParameters.init)
    }

    private struct NextParameters {
        var sessionID: String
        var answer: JSON?

        static let schema = Schema(
            Field(required: "sessionId", .nonEmptyString, "The wizard."),
            Field(
                "answer",
                .strict(
                    Field(required: "stepId", .nonEmptyString, "Which question."), Field("value", .any, "The answer.")),
                "The answer to its question."), as: NextParameters.init)
    }

    /// There is never one.
    private static let noWizard = ProtocolError(.invalidRequest, "wizard not found")

    private var next: Method {
        Method.immediate(
            "wizard.next", .scope(.admin), "Refused: there is no wizard.", isAdvertised: false, NextParameters.schema,
            answer: .any
        ) { _, _ in throw Self.noWizard }
    }

    private var cancel: Method {
        Method.immediate(
            "wizard.cancel", .scope(.admin), "Refused: there is no wizard.", isAdvertised: false,
            SessionParameters.schema, answer: .any
        ) { _, _ in throw Self.noWizard }
    }

    private var status: Method {
        Method.immediate(
            "wizard.status", .scope(.admin), "Refused: there is no wizard.", isAdvertised: false,
            SessionParameters.schema, answer: .any
        ) { _, _ in throw Self.noWizard }
    }

    private struct UpdateParameters {
        var sessionKey: String?
        var note: String?
        var restartDelay: Int64?
        var time: Int64?

        static let schema = Schema(
            Field("sessionKey", .string, "The session to tell."), Field("note", .string, "What to tell it."),
            Field("restartDelayMs", .integer(0...), "How long to wait with the restart."),
            Field("timeoutMs", .integer(1...), "How long it may take."), as: UpdateParameters.init)
    }

    private var update: Method {
        let command = CommandText.command("gateway restart", for: instance.name)
        return Method.immediate(
            "update.run", .scope(.admin), "Refused: the host updates the program, and then restarts the gateway.",
            isAdvertised: false, UpdateParameters.schema, answer: .any
        ) { _, _ in
            throw ProtocolError(
                .unavailable,
                "this gateway does not update itself; install the new version on its host, then give the command `\(command)`",
                details: ["reason": "unsupported", "command": .string(command), "version": .string(Version.current)])
        }
    }
}
