import Foundation
import JSON
import Testing

/// The guide, line for line, as a person types it at a terminal of a fresh home under systemd.
@Suite(
    .enabled(
        if: BootedSystemd.isPossible, "root, cgroups of version 2, systemd, dbus, libpam-systemd and iproute2"),
    .serialized)
struct GuideTests {
    /// A person who has typed a command, and waits for a gateway.
    private static func gateway(_ port: Int, end: String, status: String) -> String {
        """
        import json, subprocess
        t = Terminal()
        t.expect(b"listening on 127.0.0.1:\(port)")
        asked = subprocess.run("\(status) status --json", shell=True, capture_output=True)
        said = json.loads(asked.stdout)
        check(said["port"]["value"] == \(port) and said["health"]["up"], repr(said))
        \(end)
        """
    }

    /// A person who takes every proposal.
    private static let enters = """
        t = Terminal()
        answered = 0
        def answer():
            global answered
            if t.shown.count(b"]: ") > answered:
                answered += 1
                t.type(b"\\n")
            return t.has_ended()
        t.until(answer, "the end")
        check(answered <= 4, "%d questions" % answered)
        """

    private let host: BootedSystemd

    init() throws {
        host = try BootedSystemd()
        try host.addUser()
    }

    /// Types `text` into a shell of the user's, and does `scene` at the terminal.
    @discardableResult
    private func line(_ text: String, _ scene: String = "t = Terminal()", code: Int32 = 0) throws -> String {
        let programs = URL(filePath: host.stage.gateway).deletingLastPathComponent().path
        // bash becomes the one command it is given; a signal for that is not for a shell above it.
        let end = try host.runAsUser(
            TypistScript.wrapper(scene) + ["bash", "-c", text],
            environment: ["PATH": "\(programs):/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "xterm"])
        #expect(end.code == code, "\(text): \(end.output)\(end.errors)")
        return end.output
    }

    private func said(by words: String) throws -> JSON {
        let end = try host.runAsUser(["sh", "-c", "\(host.stage.gateway) \(words) --json"])
        return try JSON(parsing: Array(end.output.utf8))
    }

    @Test func `each line of the guide does what it says`() throws {
        let began = ContinuousClock.now
        let interrupt = #"t.type(b"\x03")"#
        let terminate = "t.send(15)"

        try #expect(line("mazelclaw --profile main setup").contains("Wrote /home/ada/.mazelclaw-main/mazelclaw.json"))
        try line(
            "mazelclaw --profile main gateway --port 18789",
            Self.gateway(18789, end: interrupt, status: "mazelclaw --profile main"))
        try #expect(line("mazelclaw --profile rescue setup").contains("Port: 19789 (basePort in the profile file)"))
        try line(
            "mazelclaw --profile rescue gateway --port 19001",
            Self.gateway(19001, end: terminate, status: "mazelclaw --profile rescue"))
        for profile in ["main", "rescue"] {
            let install = try line("mazelclaw --profile \(profile) gateway install")
            #expect(install.contains("Started mazelclaw-gateway-\(profile).service"))
        }
        let onboard = try line("mazelclaw onboard", Self.enters)
        #expect(onboard.contains("Started mazelclaw-gateway.service"))
        try #expect(line("mazelclaw gateway install").contains("mazelclaw-gateway.service runs already"))
        let (before, token) = (try said(by: "--profile rescue status"), try token("rescue"))
        try line("mazelclaw --profile rescue onboard", Self.enters)
        let after = try said(by: "--profile rescue status")
        #expect(after["pid"] == before["pid"] && after["startedAt"] == before["startedAt"])
        #expect(try self.token("rescue") == token)
        try #expect(line("mazelclaw --profile main status").contains("main: up"))
        try #expect(line("mazelclaw --profile rescue status").contains("rescue: up"))
        try #expect(line("mazelclaw --profile rescue browser status").contains(", on loopback"))
        try requireScoped()

        for (profile, port, end) in [("main", 18789, interrupt), ("rescue", 19001, terminate)] {
            let variables =
                "MAZELCLAW_CONFIG_PATH=~/.mazelclaw/\(profile).json MAZELCLAW_STATE_DIR=~/.mazelclaw-\(profile)"
            let command = "\(variables) mazelclaw gateway --port \(port)"
            // The service has that state directory, as long as it runs.
            let refused = try line(command, code: 1)
            #expect(
                refused.contains("profile \"default\"") && refused.contains("profile \"\(profile)\", which runs (PID "))
            try line("mazelclaw --profile \(profile) gateway stop")
            try line(command, Self.gateway(port, end: end, status: "\(variables) mazelclaw"))
        }
        print("the guide took \(began.duration(to: .now))")
    }

    /// What each profile's configuration has as its token.
    private func token(_ profile: String) throws -> String {
        try host.shell("cat /home/ada/.mazelclaw-\(profile)/mazelclaw.json | grep -o '\"token\": \"[^\"]*\"'")
    }

    /// Three profiles share no directory, file, port or unit, and their names tell them apart.
    private func requireScoped() throws {
        var seen: Set<String> = []
        var ports: Set<Int64> = []
        for (profile, suffix) in [("main", "-main"), ("rescue", "-rescue"), ("default", "")] {
            let status = try said(by: "--profile \(profile) status")
            func value(_ key: String) -> String { status[key]?["value"]?.string ?? "" }
            let state = "/home/ada/.mazelclaw\(suffix)"
            #expect(value("stateDir") == state)
            #expect(value("configPath") == "\(state)/mazelclaw.json")
            #expect(value("workspace") == "\(state)/workspace\(suffix)")
            #expect(status["unit"]?.string == "mazelclaw-gateway\(suffix).service")
            #expect(status["health"]?["up"] == true)
            for place in [value("stateDir"), value("configPath"), value("workspace"), status["unit"]?.string ?? ""] {
                #expect(seen.insert(place).inserted, "\(place)")
            }
            let browser = try said(by: "--profile \(profile) browser status")
            let range = (browser["cdpPorts"]?.array ?? []).compactMap(\.integer)
            try #require(range.count == 2 && range[0] < range[1])
            let base = try #require(status["port"]?["value"]?.integer)
            let control = try #require(browser["controlPort"]?.integer)
            for port in [base, control] + Array(range[0]...range[1]) {
                #expect(ports.insert(port).inserted, "\(port)")
            }
        }
    }
}
