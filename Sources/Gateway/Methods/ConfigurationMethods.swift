import Configuration
import GatewayProtocol
import Glibc
import JSON
import Policy
import Time

/// The methods that show and change the configuration.
struct ConfigurationMethods: Sendable {
    let reload: ConfigurationReload
    let news: RestartNews
    let clock: WallClock

    var group: MethodGroup {
        MethodGroup(
            "Configuration",
            """
            The file `mazelclaw.json`. Secrets are not shown: `"<secret>"` stands in their place, and what is sent back \
            with it keeps the secret that is there. (Comments are shown as they are.) A change names the `hash` of the \
            text it was made from, keeps comments and formatting where the values stay, and is checked whole before \
            anything is written; what is wrong is told in `details.issues`.
            """,
            [get, schema, set, patch, apply])
    }

    private var get: Method {
        Method.awaiting(
            "config.get", .scope(.admin), "The configuration, and what is wrong with it.", NoParameters.schema,
            answer: ConfigurationReport.shape
        ) { _, _ in
            ConfigurationReport(snapshot: try ConfigurationStore(reload.configuration.instance).snapshot()).json
        }
    }

    private var schema: Method {
        Method.awaiting(
            "config.schema", .scope(.admin),
            "What may stand in the configuration, for a form that edits the one there is: where a value may be text or an object, "
                + "it is described as what it is.",
            NoParameters.schema,
            answer: .object(
                Field(required: "schema", .anyObject, "A JSON Schema (draft 7)."),
                Field(
                    required: "uiHints", .anyObject,
                    "What a form shows, by path: `label`, `help`, `group`, `order`, `sensitive`, `advanced`."),
                Field(required: "version", .string, "The version of the gateway."),
                Field(required: "generatedAt", .string, "Now, as RFC 3339 writes it."))
        ) { _, _ in
            let snapshot = try ConfigurationStore(reload.configuration.instance).snapshot()
            return [
                "schema": ConfigurationSchema.root.jsonSchema(editing: snapshot.document?.value ?? [:]),
                "uiHints": ConfigurationSchema.root.editingHints,
                "version": .string(Version.current),
                "generatedAt": .string(RFC3339.text(clock.now)),
            ]
        }
    }

    private static let rawField = Field(required: "raw", .nonEmptyString, "The whole new text, JSON5.")

    private static let baseHashField = Field(
        "baseHash", .nonEmptyString, "The `hash` this was made from; needed when there is a file.")

    private struct SetParameters {
        var raw: String
        var baseHash: String?

        static let schema = Schema(rawField, baseHashField, as: SetParameters.init)
    }

    private var set: Method {
        Method.awaiting(
            "config.set", .scope(.admin),
            "Replaces the configuration. A running gateway takes it over as it does any change of the file.",
            SetParameters.schema, answer: .object(Self.ok, Self.path, Self.config)
        ) { _, parameters in
            let store = ConfigurationStore(reload.configuration.instance, patience: Self.patience)
            let snapshot = try changing {
                try store.replace(withShown: Array(parameters.raw.utf8), base: .hash(parameters.baseHash))
            }
            return .object(result(snapshot))
        }
    }

    private struct ApplyParameters {
        var raw: String
        var baseHash: String?
        var sessionKey: String?
        var note: String?
        var restartDelay: TimeSpan

        static let sessionKey = Field(
            "sessionKey", .string(0...ProtocolLimits.sessionKeyCharacters), "The session to tell when it counts.")
        static let note = Field("note", .string, "What to tell it beside.")
        static let restartDelay = Field(
            "restartDelayMs", .milliseconds(.zero ... .longestWait), default: TimeSpan(2, .seconds),
            "How long until a restart that it needs, for the answer to arrive; at most 60000 count.")
        static let schema = Schema(rawField, baseHashField, sessionKey, note, restartDelay, as: ApplyParameters.init)
        static let patchSchema = Schema(
            Field(
                required: "raw", .nonEmptyString, "The changes, JSON5: null takes a key away, an array replaces one."),
            baseHashField, sessionKey, note, restartDelay, as: ApplyParameters.init)
    }

    private var apply: Method {
        Method.awaiting(
            "config.apply", .scope(.admin),
            "Replaces the configuration and makes it count: at once where that can be, else by a restart.",
            ApplyParameters.schema, answer: Self.applied
        ) { _, parameters in
            let store = ConfigurationStore(reload.configuration.instance, patience: Self.patience)
            let snapshot = try changing {
                try store.replace(withShown: Array(parameters.raw.utf8), base: .hash(parameters.baseHash))
            }
            return try makeCount(snapshot, parameters, method: "config.apply")
        }
    }

    private var patch: Method {
        Method.awaiting(
            "config.patch", .scope(.admin),
            "Changes some of the configuration (RFC 7396) and makes it count, as `config.apply` does.",
            ApplyParameters.patchSchema, answer: Self.applied
        ) { _, parameters in
            let text = Array(parameters.raw.utf8)
            let patch: JSON
            do throws(JSONError) {
                patch = try JSON5Document(parsing: text, limits: ConfigurationReader.limits).value
            } catch {
                throw ProtocolError(.invalidRequest, "\(error) at \(JSONPosition(offset: error.offset, in: text))")
            }
            guard patch.object != nil else {
                throw ProtocolError(.invalidRequest, "config.patch raw must be an object")
            }
            let store = ConfigurationStore(reload.configuration.instance, patience: Self.patience)
            let snapshot = try changing { try store.patch(patch, base: .hash(parameters.baseHash)) }
            return try makeCount(snapshot, parameters, method: "config.patch")
        }
    }

    // MARK: Answers

    private static let ok = Field(required: "ok", .boolean, "Always true: a change that was not made is an error.")

    private static let path = Field(required: "path", .string, "The file.")

    private static let config = Field(required: "config", .anyObject, "What counts now, as `config.get` tells it.")

    private static let applied = Shape.object(
        ok, path, config,
        Field(
            required: "restart",
            .object(
                Field(required: "ok", .boolean, "Whether the gateway restarts for it."),
                Field(required: "pid", .integer, "The process, which stays the same."),
                Field(required: "signal", .string, "What has the same effect from outside."),
                Field(required: "delayMs", .integer(0...), "How long until then."),
                Field(required: "reason", .string, "Why it restarts, or why not."),
                Field(required: "mode", .string, "`emit`: within the process. `none`: there is no restart.")),
            "How it comes to count."),
        Field(
            required: "sentinel",
            .object(
                Field(
                    required: "path", .any, "Where the news waits for the next start; null when it was told already."),
                Field(
                    required: "payload", .anyObject,
                    "`kind`, `status`, `ts`, `sessionKey`, `message`, `doctorHint`, `stats`.")),
            "What the session is told."))

    /// How long to wait for another process that writes the file, in milliseconds: it holds the lock no longer than a write
    /// takes.
    private static let patience = 2000

    /// Does `change`, and puts what stands in its way into the words clients know.
    private func changing(_ change: () throws -> ConfigurationSnapshot) throws -> ConfigurationSnapshot {
        do {
            return try change()
        } catch let error as ConfigurationChangeError {
            func issues(_ faults: [ConfigurationFault]) -> JSON { ["issues": .array(faults.map(\.json))] }
            switch error {
            case .invalid(let faults):
                throw ProtocolError(.invalidRequest, "invalid config", details: issues(faults))
            case .broken(let faults):
                throw ProtocolError(.invalidRequest, "invalid config; fix before patching", details: issues(faults))
            case .changed, .baseRequired, .text, .path, .absent, .included, .refused, .unfaithful, .foreign:
                throw ProtocolError(.invalidRequest, "\(error)")
            case .busy: throw ProtocolError(.unavailable, "\(error)", isRetryable: true)
            case .storage(let error): throw error
            }
        }
    }

    private func result(_ snapshot: ConfigurationSnapshot) -> JSONObject {
        [
            "ok": true, "path": .string(snapshot.path.text),
            "config": ConfigurationReport(snapshot: snapshot).resolved,
        ]
    }

    /// Makes what was written count.
    private func makeCount(
        _ snapshot: ConfigurationSnapshot, _ parameters: ApplyParameters, method: String
    ) throws -> JSON {
        let instance = reload.configuration.instance
        var payload: JSONObject = [
            "kind": "config-apply", "status": "ok", "ts": .integer(clock.milliseconds),
        ]
        payload["sessionKey"] = parameters.sessionKey.map(JSON.string)
        payload["message"] = parameters.note.map(JSON.string)
        payload["doctorHint"] = .string("Run: \(CommandText.command("doctor", for: instance.name))")
        payload["stats"] = ["mode": .string(method), "root": .string(snapshot.path.text)]
        let delay = min(parameters.restartDelay, TimeSpan(1, .minutes))
        let outcome = reload.take(snapshot, isOrdered: true, delay: delay)
        var sentinelPath: JSON = .null
        let reason: String
        switch outcome {
        case .restarting(let paths):
            let sentinel = RestartSentinel(stateDirectory: instance.stateDirectory.value)
            try sentinel.leave(.object(payload))
            sentinelPath = .string(sentinel.path.text)
            reason = "changed: \(paths.joined(separator: ", "))"
        case .same: reason = "nothing that counts changed"
        case .takenOver(let paths):
            news.tell(.object(payload), hasRestarted: false)
            reason = "taken over while running: \(paths.joined(separator: ", "))"
        case .waiting(let paths): reason = "counts after a restart: \(paths.joined(separator: ", "))"
        case .refused(let reasons): reason = reasons.joined(separator: "; ")
        }
        var answer = result(snapshot)
        let isRestarting = if case .restarting = outcome { true } else { false }
        answer["restart"] = [
            "ok": .bool(isRestarting), "pid": .integer(Int64(getpid())), "signal": "SIGUSR1",
            "delayMs": isRestarting ? delay.json : 0, "reason": .string(reason),
            "mode": isRestarting ? "emit" : "none",
        ]
        answer["sentinel"] = ["path": sentinelPath, "payload": .object(payload)]
        return .object(answer)
    }
}
