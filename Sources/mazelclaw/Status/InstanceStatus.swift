import Configuration
import Gateway
import JSON
import Policy
import Profiles

/// What `status` tells: which instance was looked at, where each value came from, and whether it answers.
struct InstanceStatus {
    let configuration: GatewayConfiguration
    let configurationFault: String?
    /// Whether the port could only be told by the configuration, which is invalid.
    let isPortUnknown: Bool
    let holder: InstanceHolder?
    /// What the running sandbox proved when it was started (the launcher's audit log); nil without one.
    let proof: JSON?
    /// How the run before ended (the same log); nil when none has.
    let lastEnd: JSON?
    /// The grants by which it may be repaired, or may repair another.
    let repairs: [RepairGrants.Entry]
    /// How the port is meant to speak.
    let encryption: GatewayAddress.Encryption
    /// Why its certificate cannot be told.
    let encryptionFault: String?
    let health: Health
    /// What it says to a client that signs in; nil when it was not asked.
    let examination: Examination?
    /// What is wrong with configuration and files; nil when that was not asked for.
    let doctor: InstanceDiagnosis?

    /// Whether it answers, takes clients and, where that was tried, let one in.
    var isHealthy: Bool { health.isUp && examination?.fault == nil }

    private var instance: Instance { configuration.instance }
    private var port: UInt16 { configuration.ports.value.gateway }
    private var url: String { "\(configuration.scheme)://127.0.0.1:\(port)/health" }
    private var serviceName: String { "\(ServiceUnit.name(of: instance.name)).service" }

    /// Lines for a person, values first, sources in brackets.
    var text: String {
        var rows = [
            ("Profile", "\(instance.name) [\(instance.selection.name.source)]"),
            ("Unit", unitText),
            ("Process", processText),
            ("Sandbox", proofText),
            ("State", "\(instance.stateDirectory.value) [\(instance.stateDirectory.source)]"),
            ("Config", "\(instance.configurationFile.value) [\(instance.configurationFile.source)]\(fileText)"),
            ("Workspace", "\(configuration.workspace.value) [\(configuration.workspace.source)]"),
            (
                "Port",
                isPortUnknown
                    ? "not known while the configuration is invalid" : "\(port) [\(configuration.ports.source)]"
            ),
        ]
        if let disagreement = configuration.portDisagreement { rows.append(("", disagreement)) }
        if let lastEndText { rows.append(("Last end", lastEndText)) }
        rows.append(("TLS", encryptionText))
        for entry in repairs { rows.append(("Repair", entry.text)) }
        if let note = health.configurationNote { rows.append(("Changes", note)) }
        rows.append(("Health", (isPortUnknown ? "" : "\(url): ") + health.detail))
        rows += examination?.rows ?? []
        return Output.fields(rows) + (doctor.map { "\n\($0.text)" } ?? "")
    }

    /// The last line: what all of it comes to.
    var verdict: String { "\(instance.name): \(word)" }

    /// One word, for programs.
    private var word: String { health.isUp && !isHealthy ? "closed" : health.word }

    private var unitText: String {
        if instance.isSandboxed { return "not visible inside the sandbox" }
        return holder?.unit ?? "none (as a service: \(serviceName))"
    }

    private var processText: String {
        if instance.isSandboxed { return "not visible inside the sandbox; the launcher holds the lock" }
        return holder.map { "\($0)" } ?? "none holds the lock of this profile"
    }

    private var proofText: String {
        if instance.isSandboxed { return "not visible inside the sandbox" }
        guard let proof else { return "none" }
        let degraded = (proof["degraded"]?.array ?? []).compactMap(\.string)
        return (degraded.isEmpty ? "" : "degraded, as asked: \(degraded.joined(separator: ", ")); ")
            + "\(proof["acts"]?.integer ?? 0) acts of proof at \(proof["time"]?.string ?? "?"), "
            + "plan \(proof["plan"]?.string ?? "?")"
    }

    /// How the run before ended, when the kernel ended it for want of memory: nobody inside could tell.
    private var lastEndText: String? {
        guard let lastEnd, lastEnd["event"]?.string == "out-of-memory" else { return nil }
        func mebibytes(_ key: String) -> String? { lastEnd[key]?.integer.map { "\($0 >> 20) MiB" } }
        return "out of memory at \(lastEnd["time"]?.string ?? "?")"
            + (mebibytes("limit").map { ", at its limit of \($0)" } ?? ", as the host or the unit was short of it")
            + (mebibytes("peak").map { "; it had used \($0) at most" } ?? "")
    }

    private var encryptionText: String {
        switch encryption {
        case .none: "off"
        case .certificate(let fingerprint?): "on, certificate SHA-256 \(fingerprint)"
        case .certificate(nil): "on, " + (encryptionFault ?? "the next start makes the certificate")
        }
    }

    private var encryptionJSON: JSON {
        guard case .certificate(let fingerprint) = encryption else { return ["enabled": false] }
        return [
            "enabled": true, "fingerprint": fingerprint.map { .string("\($0)") } ?? .null,
            "fault": encryptionFault.map(JSON.string) ?? .null,
        ]
    }

    private var fileText: String {
        if let configurationFault { return ": invalid: \(configurationFault)" }
        return configuration.file == nil
            ? ": missing; make it with `\(CommandText.command("setup", for: instance.name))`" : ""
    }

    /// The same for a program.
    var json: JSON {
        func sourced(_ value: JSON, _ source: ValueSource) -> JSON {
            ["value": value, "source": .string(source.description)]
        }
        var object = JSONObject()
        object["profile"] = sourced(.string(instance.name.text), instance.selection.name.source)
        object["sandboxed"] = .bool(instance.isSandboxed)
        object["unit"] = holder?.unit.map(JSON.string) ?? .null
        object["serviceUnit"] = .string(serviceName)
        object["pid"] = holder?.pid.map { .integer(Int64($0)) } ?? .null
        object["proof"] = proof ?? .null
        object["lastEnd"] = lastEnd ?? .null
        object["startedAt"] = holder?.startedAt.map(JSON.integer) ?? .null
        object["stateDir"] = sourced(
            .string(instance.stateDirectory.value.text), instance.stateDirectory.source)
        object["configPath"] = sourced(
            .string(instance.configurationFile.value.text), instance.configurationFile.source)
        object["configExists"] = .bool(configuration.file != nil || configurationFault != nil)
        object["configFault"] = configurationFault.map(JSON.string)
        object["workspace"] = sourced(.string(configuration.workspace.value.text), configuration.workspace.source)
        object["port"] =
            isPortUnknown
            ? ["value": .null, "source": "not known while the configuration is invalid"]
            : sourced(.integer(Int64(port)), configuration.ports.source)
        object["disregardedPort"] = configuration.disregardedPort.map { .integer(Int64($0)) }
        object["tls"] = encryptionJSON
        object["health"] = [
            "url": isPortUnknown ? .null : .string(url), "state": .string(word), "up": .bool(health.isUp),
            "ready": .bool(health.isUp), "healthy": .bool(isHealthy),
            "detail": .string(health.detail),
        ]
        object["repairs"] = .array(repairs.map(\.json))
        object["inside"] = examination?.json
        object["doctor"] = doctor?.json
        object["configNote"] = health.configurationNote.map(JSON.string)
        return .object(object)
    }
}
