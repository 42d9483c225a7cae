import Foundation
import Glibc
import JSON
import Testing

/// `mazelclaw onboard`, by the built program, as a user of a host with systemd.
@Suite(
    .enabled(
        if: BootedSystemd.isPossible, "root, cgroups of version 2, systemd, dbus, libpam-systemd and iproute2"),
    .serialized)
struct OnboardTests {
    private let host: BootedSystemd

    init() throws {
        host = try BootedSystemd()
        try host.addUser()
    }

    /// Puts a program that answers into the user's sight, and the sandbox's: `body` is a shell script.
    private func install(_ name: String, _ body: String) throws {
        try host.shell("printf '%s' '#!/bin/sh\n\(body)\n' >/usr/local/bin/\(name); chmod 755 /usr/local/bin/\(name)")
    }

    /// A claude that tells which host it runs on, as that program writes it.
    private static let claude =
        #"echo "{\"type\":\"result\",\"result\":\"${COLOUR:-ready} on $(uname -n)\",\"session_id\":\"s\"}""#

    /// Runs `onboard` at a terminal, where a person does `scene`.
    private func onboard(_ words: String..., scene: String) throws -> Running.Ended {
        try host.runAsUser(
            TypistScript.wrapper(scene) + [host.stage.gateway] + words + ["onboard"],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    }

    /// Everything that somebody could have saved.
    private func saved() throws -> String {
        try host.shell("find /home/ada -printf '%p %s %T@\\n' | sort; ls -d /var/tmp/mazelclaw-onboard* || true")
    }

    private static let enter = #"t.type(b"\n")"#

    /// What stands at the end of each question.
    private static let prompts = [
        "Go on? [yes]: ", "Profile and base port [default ", "program [1]: ", "start it? [yes]: ",
    ]

    /// A person who takes the proposal of the first `count` questions, and waits for the next.
    private static func answers(_ count: Int) -> String {
        var scene = "t = Terminal()\n"
        for prompt in prompts.prefix(count) { scene += "t.expect(b\"\(prompt)\")\n\(enter)\n" }
        return scene
    }

    @Test func `four times Enter makes a service that answers, and once more changes nothing`() throws {
        try install("claude", Self.claude)
        let first = try onboard(scene: Self.answers(4))
        #expect(first.code == 0, "\(first.output)\(first.errors)")
        #expect(first.output.contains("1  claude (/usr/local/bin/claude)"))
        // On a terminal long lines are broken between words.
        let words = first.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("it said: ready on mazelclaw-default"))
        #expect(first.output.contains("Started mazelclaw-gateway.service"))
        #expect(first.output.components(separatedBy: "]: ").count == 5, "four questions")
        let chat = try host.mazelclaw("chat", "hello")
        #expect(chat.output == "ready on mazelclaw-default\n", "\(chat.errors)")
        #expect(try host.shell("ls -d /var/tmp/mazelclaw-onboard* || true") == "")
        let state = "cat /home/ada/.mazelclaw/mazelclaw.json /home/ada/.config/mazelclaw/profiles/default.json"
        let (files, status) = (try host.shell(state), try host.mazelclaw("status", "--json").output)
        let before = try JSON(parsing: Array(status.utf8))
        let again = try onboard(scene: Self.answers(3))
        #expect(again.code == 0, "\(again.output)\(again.errors)")
        #expect(again.output.contains("claude (/usr/local/bin/claude), as configured now"))
        #expect(again.output.contains("runs already"))
        #expect(try host.shell(state) == files)
        let after = try JSON(parsing: Array(try host.mazelclaw("status", "--json").output.utf8))
        #expect(after["pid"] == before["pid"] && before["health"]?["up"] == true)
        // Another answer, another place: what is there is kept, and a gateway that runs takes it over.
        try host.shell("sed -i '1s|{|{ // mine|' /home/ada/.mazelclaw/mazelclaw.json")
        let changed = try onboard(
            scene: Self.answers(2) + "t.expect(b'program [1]: ')\nt.type(b'/usr/bin/printf answer:\\n')\n")
        #expect(changed.code == 0, "\(changed.output)\(changed.errors)")
        #expect(try host.shell(state).contains("// mine"))
        try host.wait { try host.mazelclaw("chat", "hello").output == "answer:\n" }
        // A backend that is configured stays as it is written: no secret of a variable gets into the file.
        for (place, value) in [("env.SHADE", "green"), ("agents.defaults.cliBackends.claude.env.COLOUR", "${SHADE}")] {
            try #expect(host.mazelclaw("config", "set", place, value).code == 0)
        }
        let back = try host.mazelclaw("onboard", "--non-interactive", "--accept-risk", "--backend", "claude")
        #expect(back.code == 0, "\(back.errors)")
        #expect(back.output.contains("it said: green on mazelclaw-default"))
        try host.wait { try host.mazelclaw("chat", "hello").output == "green on mazelclaw-default\n" }
        let text = try host.shell(state)
        #expect(text.contains("${SHADE}") && text.components(separatedBy: "green").count == 2, "\(text)")
        let last = try JSON(parsing: Array(try host.mazelclaw("status", "--json").output.utf8))
        #expect(last["pid"] == before["pid"])
    }

    /// A model server on the port of Ollama, which says who answers. Its answers are no streams.
    private func serveModels() throws {
        let server = """
            import http.server, json
            class Server(http.server.BaseHTTPRequestHandler):
                def answer(self, value):
                    body = json.dumps(value).encode()
                    self.send_response(200)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def do_GET(self):
                    self.answer({"object": "list", "data": [{"id": "tiny"}, {"id": "big"}]})
                def do_POST(self):
                    asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                    message = {"role": "assistant", "content": "ready from " + asked["model"]}
                    self.answer({"id": "a", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
            http.server.ThreadingHTTPServer(("127.0.0.1", 11434), Server).serve_forever()
            """
        try host.shell("cat >/usr/local/bin/model-server.py <<'END'\n\(server)\nEND")
        try host.shell("systemd-run --unit=model-server /usr/bin/python3 /usr/local/bin/model-server.py")
        try host.wait {
            try host.shell(
                "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 11434))' && echo up || true")
                == "up\n"
        }
    }

    @Test func `a model server of this host is found, granted its port, and answers before anything is saved`() throws {
        try serveModels()
        let before = try saved()
        let refused = try onboard(
            scene: Self.answers(2) + """
                t.expect(b"program [1]: ")
                \(Self.enter)
                t.expect(b"Model [tiny]: ")
                t.type(b"huge\\n")
                t.expect(b"is none of them")
                t.expect(b"Model [tiny]: ", t.shown.rfind(b"none of them"))
                t.type(b"big\\n")
                t.expect(b"default.json? [yes]: ")
                t.type(b"no\\n")
                """)
        #expect(refused.code == 1, "\(refused.output)\(refused.errors)")
        #expect(refused.output.contains("1  Ollama on port 11434 of this host"))
        #expect(refused.output.contains("and not to port 11434"))
        try #expect(saved() == before)

        let end = try onboard(
            scene: Self.answers(3) + """
                t.expect(b"Model [tiny]: ")
                \(Self.enter)
                t.expect(b"default.json? [yes]: ")
                \(Self.enter)
                t.expect(b"start it? [yes]: ")
                t.type(b"no\\n")
                """)
        #expect(end.code == 0, "\(end.output)\(end.errors)")
        // On a terminal long lines are broken between words.
        let words = end.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("it said: ready from tiny"))
        let profile = try host.shell("cat /home/ada/.config/mazelclaw/profiles/default.json")
        #expect(try JSON(parsing: Array(profile.utf8))["connect"]?["ports"]?.array?.contains(11434) == true)
        #expect(try host.mazelclaw("config", "get", "agents.defaults.model.primary").output == "ollama/tiny\n")

        // A script says what a person would be asked.
        let options = ["--profile", "rescue", "onboard", "--non-interactive", "--accept-risk", "--no-install-daemon"]
        let service = ["--base-url", "http://127.0.0.1:11434/v1", "--model", "big"]
        let ungranted = try host.runAsUser([host.stage.gateway] + options + service)
        #expect(ungranted.code == 1)
        #expect(ungranted.errors.contains("Give --grant-network, or write \"connect\": {\"ports\": [11434]} into"))
        #expect(ungranted.errors.contains("Nothing was saved"))
        let granted = try host.runAsUser([host.stage.gateway] + options + service + ["--grant-network"])
        #expect(granted.code == 0, "\(granted.errors)")
        #expect(granted.output.contains("it said: ready from big"))
    }

    @Test func `what an original gateway kept is offered, and comes over when somebody says so`() throws {
        try install("claude", Self.claude)
        try host.shell(
            """
            mkdir -p /home/ada/.clawdbot /home/ada/clawd
            echo '{"session": {"reset": {"mode": "idle", "idleMinutes": 77}}}' >/home/ada/.clawdbot/moltbot.json
            echo lobster >/home/ada/clawd/SOUL.md; chown -R ada:ada /home/ada/.clawdbot /home/ada/clawd
            """)
        let scene =
            Self.answers(2) + "t.expect(b'Take it over? [no]: ')\nt.type(b'yes\\n')\nt.expect(b'Go on? [no]: ')\n"
            + "t.type(b'yes\\n')\nt.expect(b'program [1]: ')\n\(Self.enter)\nt.expect(b'start it? [yes]: ')\n\(Self.enter)\n"
        let end = try onboard(scene: scene)
        #expect(end.code == 0, "\(end.output)\(end.errors)")
        #expect(try host.mazelclaw("config", "get", "session.reset.idleMinutes").output == "77\n")
        #expect(try host.shell("cat /home/ada/.mazelclaw/workspace/SOUL.md") == "lobster\n")
        #expect(try host.mazelclaw("chat", "hello").output == "ready on mazelclaw-default\n")
        // It is not offered to a profile that has something of its own.
        let again = try onboard(scene: Self.answers(3))
        #expect(again.code == 0, "\(again.output)\(again.errors)")
        #expect(!again.output.contains("Take it over"))
    }

    @Test func `nothing is saved before somebody has answered`() throws {
        try install("claude", "echo not logged in >&2; exit 3")
        let before = try saved()
        for (count, prompt) in Self.prompts.enumerated() {
            for (key, code, text) in [("\\x04", 1, "the input ended"), ("\\x03", 130, "interrupted")]
                as [(String, Int32, String)]
            {
                let end = try onboard(scene: Self.answers(count) + "t.expect(b\"\(prompt)\")\nt.type(b\"\(key)\")")
                #expect(end.code == code, "\(prompt) \(end.output)\(end.errors)")
                #expect(end.output.contains("\(text): nothing was saved"))
                try #expect(saved() == before, "\(prompt) \(text)")
            }
        }
        let declined = try onboard(scene: "t = Terminal(); t.expect(b'[yes]: '); t.type(b'no\\n')")
        #expect(declined.code == 1)
        #expect(declined.output.contains("nothing was saved"))
        // What does not answer is not kept.
        let failed = try onboard(
            scene: Self.answers(4) + "t.expect(b'not logged in')\nt.expect(b'[stop]: ')\n\(Self.enter)")
        #expect(failed.code == 1, "\(failed.output)\(failed.errors)")
        #expect(failed.output.contains("nothing was saved"))
        try #expect(saved() == before)
        // Another that does is, and another profile on another port.
        try install("gemini", "echo from gemini")
        let second = try onboard(
            scene: Self.answers(1) + """
                for answer in (b"../x", b"80", b"19500 rescue"):
                    t.expect(b"Profile and base port [", t.shown.rfind(b"\\n"))
                    t.type(answer + b"\\n")
                    t.expect(answer + b"\\r\\n")
                t.expect(b"program [1]: ")
                \(Self.enter)
                t.expect(b"start it? [yes]: ")
                t.type(b"no\\n")
                t.expect(b"[stop]: ")
                t.type(b"gemini\\n")
                """)
        #expect(second.code == 0, "\(second.output)\(second.errors)")
        for text in ["\"../x\" is neither", "expected a port from", "Ports      19500, 19502", "Service    none"] {
            #expect(second.output.contains(text), "\(second.output)")
        }
        let status = try JSON(
            parsing: Array(try host.mazelclaw("--profile", "rescue", "status", "--json").output.utf8))
        #expect(status["port"]?["value"]?.integer == 19500)
        try #expect(host.shell("ls -A /home/ada").contains(".mazelclaw-rescue"))
        try #expect(!host.shell("ls -A /home/ada").split(separator: "\n").contains(".mazelclaw"))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
    func `a trial that is ended leaves nothing that counts`(signal: Int32) throws {
        try install("claude", "exec sleep 1000")
        let before = try saved()
        let scene =
            Self.answers(4) + """
                t.expect(b"one real message")
                import subprocess
                t.until(lambda: subprocess.run(["pgrep", "-x", "sleep"], capture_output=True).returncode == 0, "the turn")
                t.send(\(signal))
                """
        let end = try onboard(scene: scene)
        // The typist tells of a signal by a negative number.
        #expect(end.code == (signal == SIGKILL ? 256 - SIGKILL : 128 + signal), "\(end.output)\(end.errors)")
        if signal != SIGKILL {
            #expect(end.output.contains("interrupted: nothing was saved"))
            try #expect(saved() == before)
            try #expect(host.shell("pgrep -x sleep || true") == "")
            return
        }
        // Its directory is all that is left.
        let left = try saved().split(separator: "\n").filter { !$0.hasPrefix("/var/tmp/") }
        #expect(left == before.split(separator: "\n"))
        // The next one goes on as if nothing had been.
        try host.shell("pkill -KILL -x sleep")
        try install("claude", Self.claude)
        let next = try onboard(scene: Self.answers(4))
        #expect(next.code == 0, "\(next.output)\(next.errors)")
        try #expect(host.shell("ls -d /var/tmp/mazelclaw-onboard* || true") == "")
    }

    @Test func `without a person the options answer, and what is not served is refused`() throws {
        func run(_ words: String...) throws -> Running.Ended {
            try host.runAsUser([host.stage.gateway, "--profile", "main", "onboard"] + words)
        }
        let before = try saved()
        for (words, sentence) in [
            ([], "standard input is no terminal"),
            (["--non-interactive"], "takes --accept-risk"),
            (["--non-interactive", "--accept-risk", "--reset"], "--reset is not served"),
            (["--non-interactive", "--accept-risk", "--anthropic-api-key", "x"], "--anthropic-api-key is not served"),
            (
                ["--non-interactive", "--accept-risk", "--gateway-auth", "password"],
                "--gateway-auth password is not served"
            ),
            (["--non-interactive", "--accept-risk", "--nonsense"], "Unknown option '--nonsense'"),
            (["--non-interactive", "--accept-risk", "--mode", "remote"], "--mode remote is not served"),
            (["--non-interactive", "--accept-risk", "--gateway-bind", "lan"], "--gateway-bind lan is not served"),
            (["--non-interactive", "--accept-risk", "--gateway-port", "80"], "expected a port from"),
        ] as [([String], String)] {
            let end = try host.runAsUser([host.stage.gateway, "--profile", "main", "onboard"] + words)
            #expect(end.code == 2, "\(words) \(end.errors)")
            #expect(end.errors.contains(sentence), "\(words) \(end.errors)")
        }
        try install("failing", "echo no >&2; exit 3")
        // In the user's sight, and not in the sandbox's.
        try host.shell("cp -p /usr/local/bin/failing /opt/hidden")
        for words in ["/usr/local/bin/failing", "no-such-program", "/opt/hidden"] {
            let end = try run("--non-interactive", "--accept-risk", "--backend", words)
            #expect(end.code == 1, "\(words) \(end.errors)")
            #expect(end.output == "")
        }
        try #expect(saved() == before)
        let end = try run(
            "--non-interactive", "--accept-risk", "--json", "--gateway-port", "20500", "--backend", "/bin/echo so:",
            "--gateway-token", "t-t-t-t-t-t-t-t", "--install-daemon")
        #expect(end.code == 0, "\(end.errors)")
        let json = try JSON(parsing: Array(end.output.utf8))
        #expect(json["gateway"]?["port"]?.integer == 20500)
        #expect(json["backend"] == "echo")
        #expect(json["installDaemon"] == true)
        #expect(try host.property("ActiveState", of: "mazelclaw-gateway-main.service", isUsers: true) == "active")
        #expect(try host.shell("cat /home/ada/.mazelclaw-main/mazelclaw.json").contains("t-t-t-t-t-t-t-t"))
        let chat = try host.mazelclaw("--profile", "main", "chat", "hello")
        #expect(chat.output == "so: hello\n", "\(chat.errors)")
        // What forbids a start, or would, is said before anything is written.
        let files = "cat /home/ada/.mazelclaw-main/mazelclaw.json /home/ada/.config/mazelclaw/profiles/main.json"
        let written = try host.shell(files)
        try host.shell("sed -i 's/\"mode\": \"local\"/\"mode\": \"remote\"/' /home/ada/.mazelclaw-main/mazelclaw.json")
        let blocked = try run("--non-interactive", "--accept-risk", "--port", "20700")
        #expect(blocked.code == 78)
        #expect(blocked.errors.contains("set gateway.mode=local"), "\(blocked.errors)")
        try host.shell("sed -i 's/\"mode\": \"remote\"/\"mode\": \"local\"/' /home/ada/.mazelclaw-main/mazelclaw.json")
        let climbing = try run("--non-interactive", "--accept-risk", "--port", "20700", "--workspace", "/srv/../x")
        #expect(climbing.code == 2)
        try #expect(host.shell(files) == written)
        // Its port is nobody else's.
        let taken = try host.runAsUser([
            host.stage.gateway, "--profile", "other", "onboard", "--non-interactive", "--accept-risk", "--port",
            "20501",
        ])
        #expect(taken.code == 78)
        #expect(taken.errors.contains("\"main\""))
        let asRoot = try host.mazelclaw("onboard", "--non-interactive", "--accept-risk", asRoot: true)
        #expect(asRoot.code == 1)
        #expect(asRoot.errors.contains("give it as that user"))
    }

    @Test(arguments: ["shared", "private", "none"])
    func `a trial has what the profile allows, and keeps it`(network: String) throws {
        try host.shell(
            """
            mkdir -p /home/ada/.config/mazelclaw/profiles /opt/tools
            printf '#!/bin/sh\necho "$COLOUR"\n' >/opt/tools/answer; chmod 755 /opt/tools/answer
            printf '{"basePort": 20500, "network": "\(network)", "environment": {"COLOUR": "green"},
                     "binds": [{"source": "/opt/tools"}]}' >/home/ada/.config/mazelclaw/profiles/main.json
            chown -R ada:ada /home/ada/.config
            """)
        let end = try host.runAsUser([
            host.stage.gateway, "--profile", "main", "onboard", "--non-interactive", "--accept-risk", "--json",
            "--backend", "/opt/tools/answer",
        ])
        #expect(end.code == 0, "\(end.errors)")
        let json = try JSON(parsing: Array(end.output.utf8))
        #expect(json["answer"] == "green")
        #expect(try host.shell("cat /home/ada/.config/mazelclaw/profiles/main.json").contains("COLOUR"))
    }
}
