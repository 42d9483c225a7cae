import Foundation
import Glibc
import JSON
import Testing

/// The gateway as a service, under a systemd that is booted for each test.
@Suite(
    .enabled(
        if: BootedSystemd.isPossible, "root, cgroups of version 2, systemd, dbus, libpam-systemd and iproute2"),
    .serialized)
struct ServiceTests {
    private static func unit(_ profile: String) -> String { "mazelclaw-gateway-\(profile).service" }

    /// What `status --json` says.
    private func status(_ host: BootedSystemd, _ profile: String, asRoot: Bool = false) throws -> JSON {
        let end = try host.mazelclaw("--profile", profile, "status", "--json", asRoot: asRoot)
        return try JSON(parsing: Array(end.output.utf8))
    }

    @Test func `N17, N30: two profiles are services side by side, and status, unit and process agree`() throws {
        let host = try BootedSystemd()
        try host.addUser()
        for (profile, port) in [("main", "18789"), ("rescue", "19001")] {
            let install = try host.mazelclaw("--profile", profile, "gateway", "install", "--port", port)
            #expect(install.code == 0, "\(install.errors)")
            #expect(install.output.contains("Wrote /home/ada/.config/systemd/user/\(Self.unit(profile))"))
            #expect(install.output.contains("Started \(Self.unit(profile))"))
        }
        for (profile, port) in [("main", 18789), ("rescue", 19001)] {
            let unit = Self.unit(profile)
            #expect(try host.property("ActiveState", of: unit, isUsers: true) == "active")
            #expect(try host.property("UnitFileState", of: unit, isUsers: true) == "enabled")
            #expect(
                try host.property("StatusText", of: unit, isUsers: true)
                    == "payload: listening on 127.0.0.1:\(port) and [::1]:\(port)")
            let status = try status(host, profile)
            #expect(status["health"]?["up"] == true)
            #expect(status["unit"]?.string == unit)
            #expect(status["port"]?["value"]?.integer == Int64(port))
            #expect(try host.property("MainPID", of: unit, isUsers: true) == status["pid"]?.integer.map { "\($0)" })
        }
        // The one's restart does not touch the other.
        let before = try status(host, "rescue")
        let restart = try host.mazelclaw("--profile", "main", "gateway", "restart")
        #expect(restart.code == 0, "\(restart.errors)")
        #expect(try status(host, "rescue")["pid"] == before["pid"])
        // Installed again, nothing is written, stopped or started.
        let main = try status(host, "main")
        let again = try host.mazelclaw("--profile", "main", "gateway", "install")
        #expect(again.code == 0)
        #expect(again.output.hasPrefix("Unit OK: "))
        #expect(try status(host, "main")["pid"] == main["pid"])
        for profile in ["main", "rescue"] {
            let remove = try host.mazelclaw("--profile", profile, "gateway", "uninstall")
            #expect(remove.code == 0, "\(remove.errors)")
            #expect(try host.property("LoadState", of: Self.unit(profile), isUsers: true) == "not-found")
        }
        #expect(try status(host, "main")["pid"] == .null)
    }

    @Test func `N23: a second scope is refused and both files are named, and the host's service has its own user ID`()
        throws
    {
        let host = try BootedSystemd()
        try host.addUser()
        let install = try host.mazelclaw("--profile", "main", "gateway", "install", asRoot: true)
        #expect(install.code == 0, "\(install.errors)")
        let file = "/etc/systemd/system/\(Self.unit("main"))"
        #expect(install.output.contains("Wrote \(file)"))
        let pid = try host.property("MainPID", of: Self.unit("main"), isUsers: false)
        let users = try host.shell("ps -o uid= --ppid $(pgrep -P \(pid))")
        #expect(users.trimmingCharacters(in: .whitespacesAndNewlines) == "1900000000")
        #expect(try host.shell("stat -c %a /var/lib/mazelclaw-run/locks /var/lib/mazelclaw-profiles") == "700\n711\n")
        let second = try host.mazelclaw("--profile", "main", "gateway", "install")
        #expect(second.code == 1)
        #expect(second.errors.contains(file))
        #expect(second.errors.contains("/home/ada/.config/systemd/user/\(Self.unit("main"))"))
        let asUser = try host.mazelclaw("--profile", "main", "gateway", "stop")
        #expect(asUser.code == 1)
        #expect(asUser.errors.contains("as root"))
        let users2 = try host.mazelclaw("--profile", "rescue", "gateway", "install", "--no-start")
        #expect(users2.code == 0, "\(users2.errors)")
        let reverse = try host.mazelclaw(
            "--profile", "rescue", "gateway", "install", asRoot: true,
            environment: ["SUDO_UID": try host.shell("id -u ada").trimmingCharacters(in: .newlines)])
        #expect(reverse.code == 1)
        #expect(reverse.errors.contains("/home/ada/.config/systemd/user/\(Self.unit("rescue"))"))
        #expect(try host.mazelclaw("--profile", "other", "gateway", "install", "--system").errors.contains("only root"))
    }

    @Test func `N22: what an operator changes survives, and is looked through`() throws {
        let host = try BootedSystemd()
        try host.addUser()
        let unit = Self.unit("main")
        #expect(try host.mazelclaw("--profile", "main", "gateway", "install", "--no-start").code == 0)
        let place = "/home/ada/.config/systemd/user"
        let drop = "\(place)/\(unit).d/override.conf"
        #expect(
            try host.runAsUser([
                "sh", "-c", "mkdir \(place)/\(unit).d; printf '[Service]\\nNice=7\\nIPAddressDeny=any\\n' >\(drop)",
            ]).code == 0)
        try host.shell("echo '# of an older version' >>\(place)/\(unit)")
        let again = try host.mazelclaw("--profile", "main", "gateway", "install")
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.output.contains("Updated \(place)/\(unit)"))
        #expect(again.errors.contains("\(drop): line 3: IPAddressDeny=any is inert"))
        #expect(try host.shell("cat \(drop)") == "[Service]\nNice=7\nIPAddressDeny=any\n")
        #expect(try host.property("Nice", of: unit, isUsers: true) == "7")
        // What is not from here is left alone.
        try host.shell("printf '[Service]\\nExecStart=/bin/true\\n' >\(place)/\(Self.unit("rescue"))")
        let foreign = try host.mazelclaw("--profile", "rescue", "gateway", "install")
        #expect(foreign.code == 1)
        #expect(foreign.errors.contains("--force"))
        #expect(try host.shell("cat \(place)/\(Self.unit("rescue"))").contains("/bin/true"))
        #expect(try host.mazelclaw("--profile", "main", "gateway", "uninstall").output.contains("drop-ins stay"))
        #expect(try host.shell("cat \(drop)").contains("Nice=7"))
    }

    @Test func `a gateway that crashes or hangs is started again, and a stop is a clean end`() throws {
        let host = try BootedSystemd()
        try host.addUser()
        let unit = Self.unit("main")
        let place = "/home/ada/.config/systemd/user/\(unit).d"
        #expect(
            try host.runAsUser([
                "sh", "-c",
                "mkdir -p \(place); printf '[Service]\\nWatchdogSec=3\\nTimeoutAbortSec=1\\nRestartSec=100ms\\n' >\(place)/fast.conf",
            ]).code == 0)
        let install = try host.mazelclaw("--profile", "main", "gateway", "install")
        #expect(install.code == 0, "\(install.errors)")
        func restarts() throws -> String { try host.property("NRestarts", of: unit, isUsers: true) }
        func isUp() throws -> Bool {
            try host.property("ActiveState", of: unit, isUsers: true) == "active"
                && status(host, "main")["health"]?["up"] == true
        }
        try host.shell("kill -KILL \(try host.property("MainPID", of: unit, isUsers: true))")
        try host.wait { try restarts() == "1" && isUp() }
        // A gateway that does nothing any more, while its launcher lives.
        let gateway = try host.shell("pgrep -u ada -f 'mazelclaw --profile main gateway$'").split(separator: "\n")
        try host.shell("kill -STOP \(gateway.joined(separator: " "))")
        try host.wait { try restarts() == "2" && isUp() }
        #expect(try host.shell("journalctl --no-pager").contains("Watchdog timeout"))
        let stop = try host.mazelclaw("--profile", "main", "gateway", "stop")
        #expect(stop.code == 0, "\(stop.errors)")
        #expect(try host.property("Result", of: unit, isUsers: true) == "success")
        #expect(try host.shell("pgrep -u ada mazelclaw || echo none") == "none\n")
        let start = try host.mazelclaw("--profile", "main", "gateway", "start")
        #expect(start.code == 0, "\(start.errors)")
        #expect(try isUp())
    }

    @Test func `N20: a mistake in the configuration ends in failed, after one start, and start says why`() throws {
        let host = try BootedSystemd()
        try host.addUser()
        #expect(try host.mazelclaw("--profile", "main", "setup").code == 0)
        try host.shell("echo '{\"gateway\": {\"port\": \"x\"}}' >/home/ada/.mazelclaw-main/mazelclaw.json")
        let unit = Self.unit("main")
        let install = try host.mazelclaw("--profile", "main", "gateway", "install")
        #expect(install.code == 1)
        #expect(install.errors.contains("\(unit) does not start"))
        #expect(install.errors.contains("journalctl --user -u \(unit)"))
        // Also to whoever asks the manager.
        #expect(try host.property("StatusText", of: unit, isUsers: true).contains("gateway.port"))
        #expect(try host.property("ActiveState", of: unit, isUsers: true) == "failed")
        #expect(try host.property("NRestarts", of: unit, isUsers: true) == "0")
        #expect(try host.property("ExecMainStatus", of: unit, isUsers: true) == "78")
        // A payload that ends so by itself is not left down.
        let run = "/etc/systemd/system/payload.service"
        try host.shell(
            """
            printf '[Service]\\nType=exec\\nExecStart=\(host.stage.launcher) --profile x -- sh -c "exit 78"\\n\
            Restart=on-failure\\nRestartSec=100ms\\nRestartPreventExitStatus=2 69 78\\n' >\(run)
            systemctl daemon-reload
            systemctl start payload.service
            """)
        try host.wait { try host.property("NRestarts", of: "payload.service", isUsers: false) != "0" }
        #expect(try host.property("ExecMainStatus", of: "payload.service", isUsers: false) != "78")
        try host.shell("systemctl stop payload.service")
    }

    @Test func `a start whose configuration is refused goes on from the last that worked, where the profile says so`()
        throws
    {
        let host = try BootedSystemd()
        try host.addUser()
        let unit = Self.unit("main")
        #expect(try host.mazelclaw("--profile", "main", "gateway", "install").code == 0)
        let file = "/home/ada/.mazelclaw-main/mazelclaw.json"
        try host.shell("sed -i s/local/locl/ \(file)")
        let broken = try host.shell("cat \(file)")
        let refused = try host.mazelclaw("--profile", "main", "gateway", "restart")
        #expect(refused.code == 1)
        #expect(
            refused.errors.contains("not started: ") && refused.errors.contains("gateway.mode"), "\(refused.errors)")
        let profile = "/home/ada/.config/mazelclaw/profiles/main.json"
        try host.shell(
            """
            python3 -c 'import json; p = json.load(open("\(profile)")); p["environment"] = {"MAZELCLAW_LAST_GOOD": "1"}
            json.dump(p, open("\(profile)", "w"))'
            """)
        let start = try host.mazelclaw("--profile", "main", "gateway", "restart")
        #expect(start.code == 0, "\(start.errors)")
        #expect(
            try host.property("StatusText", of: unit, isUsers: true).contains("LAST CONFIGURATION THAT WORKED"))
        #expect(try host.shell("journalctl --no-pager").contains("STARTING WITH THE LAST CONFIGURATION THAT WORKED"))
        try host.wait {
            try host.mazelclaw("--profile", "main", "status").output.contains("goes on with the last one")
        }
        #expect(try host.shell("cat \(file)") == broken)
    }

    @Test func `a rescue repairs main: what main does not start with is taken back, what it starts with stays`() throws
    {
        let host = try BootedSystemd()
        try host.addUser()
        for (profile, port) in [("main", "18789"), ("rescue", "19001")] {
            let install = try host.mazelclaw("--profile", profile, "gateway", "install", "--port", port)
            #expect(install.code == 0, "\(install.errors)")
        }
        let rescue = try status(host, "rescue")["pid"]
        let file = "/home/ada/.mazelclaw-main/mazelclaw.json"
        let before = try host.shell("cat \(file)")
        let scene = """
            import subprocess
            # It stands before the command to start.
            before = sys.argv.pop(1)
            staged = "/home/ada/.mazelclaw-rescue/repair"
            def propose(patch):
                with open(staged + ".new", "w") as f: f.write('{"patch": %s}' % patch)
                os.rename(staged + ".new", staged + "/proposal.json")
            t = Terminal()
            t.until(lambda: os.path.exists(staged + "/status.txt"), "the copies")
            check("ActiveState: active" in open(staged + "/status.txt").read(), "the unit's state is not told")
            propose('{"gateway": {"mode": "remote"}}')
            t.expect(b"[y/N]")
            t.type(b"y\\n")
            t.expect(b"rolled-back: ")
            check(open("\(file)").read() == before, "the configuration is another than before")
            # From inside of its sandbox.
            words = "/repair propose {agents: {defaults: {timeoutSeconds: 77}}}"
            chat = subprocess.run([sys.argv[1], "--profile", "rescue", "chat", words], capture_output=True)
            check(chat.stdout.startswith(b"Proposed "), "%r" % chat)
            t.until(lambda: t.shown.count(b"[y/N]") == 2, "a second question")
            t.type(b"y\\n")
            t.expect(b"main is well")
            t.send(signal.SIGINT)
            """
        let end = try host.runAsUser(
            TypistScript.wrapper(scene) + [before, host.stage.gateway, "repair", "main", "--watch", "30s"],
            environment: host.runtime)
        #expect(end.code == 0, "\(end.output)\(end.errors)")
        #expect(end.output.contains("does not start"), "\(end.output)")
        #expect(try host.shell("cat \(file)").contains("77"))
        #expect(try status(host, "main")["health"]?["up"] == true)
        #expect(try status(host, "rescue")["pid"] == rescue)
        #expect(try host.shell("ls /home/ada/.mazelclaw-rescue/repair") == "")
        let denials = try host.runAsUser([host.stage.launcher, "denials", "--profile", "main"])
        for word in ["main: repair: rescue may look at main", ": rolled-back: ", ": applied: main is well"] {
            #expect(denials.output.contains(word), "\(denials.output)")
        }
    }

    @Test func `N19: a token is in no unit, journal, environment or argument`() throws {
        let host = try BootedSystemd()
        try host.addUser()
        let canary = "canary\(UInt64.random(in: 0 ... .max))"
        let environment = ["MAZELCLAW_GATEWAY_TOKEN": canary]
        #expect(try host.mazelclaw("--profile", "main", "setup").code == 0)
        #expect(try host.mazelclaw("--profile", "main", "config", "set", "gateway.auth.token", canary).code == 0)
        let install = try host.mazelclaw("--profile", "main", "gateway", "install", environment: environment)
        #expect(install.code == 0, "\(install.errors)")
        #expect(!"\(install.output)\(install.errors)".contains(canary))
        // It is where it belongs, and so would be found.
        #expect(try host.shell("grep -rl \(canary) /home/ada/.mazelclaw-main").contains("mazelclaw.json"))
        let found = try host.shell(
            """
            grep -rl \(canary) /home/ada/.config /etc/systemd /run/systemd /run/user || true
            journalctl --no-pager | grep \(canary) || true
            runuser -u ada -- env XDG_RUNTIME_DIR=/run/user/$(id -u ada) systemctl --user show \(Self.unit("main")) \
                | grep \(canary) || true
            for process in $(pgrep -u ada); do
                grep -l \(canary) /proc/$process/environ /proc/$process/cmdline 2>/dev/null || true
            done
            """)
        #expect(found == "")
        #expect(try host.mazelclaw("--profile", "main", "gateway", "uninstall").code == 0)
        #expect(try host.shell("grep -rl \(canary) /home/ada/.config || true") == "")
    }

    @Test func `a unit of one's own with DynamicUser= has its gateway in a sandbox, and its files next time`() throws {
        let host = try BootedSystemd()
        let directives = [
            "Type=notify", "NotifyAccess=main", "DynamicUser=yes", "StateDirectory=claw", "Environment=HOME=%S/claw",
            "ExecStart=/opt/mazelclaw/bin/mazelclaw-run --profile main --port 18789",
        ]
        // Where the unit sees it: with DynamicUser= it has a /var/tmp of its own.
        let stage = "$(dirname $(dirname \(host.stage.launcher)))"
        try host.shell(
            "mkdir /opt/mazelclaw; cp -r \(stage)/bin \(stage)/share /opt/mazelclaw; "
                + "printf '%s\\n' '[Service]' '\(directives.joined(separator: "' '"))' >/etc/systemd/system/claw.service"
        )
        for _ in 0..<2 {
            let start = try host.run("systemctl", "start", "claw.service")
            let said = try host.shell("journalctl --no-pager --unit claw.service")
            #expect(start.code == 0, "\(said)")
            let pid = try host.property("MainPID", of: "claw.service", isUsers: false)
            let users = try host.shell("ps -o uid= --ppid $(pgrep -P \(pid))").split(whereSeparator: \.isWhitespace)
            // Those that systemd gives (systemd.exec(5)).
            #expect(users.count == 1 && (61184...65519).contains(Int(users[0]) ?? 0), "\(users)")
            #expect(try host.run("systemctl", "stop", "claw.service").code == 0)
        }
        #expect(try host.shell("ls -A /var/lib/private/claw").contains(".mazelclaw-main"))
    }

    @Test(arguments: [false, true])
    func `a secret that systemd keeps is known to the gateway, and is in no file or environment`(isUsers: Bool) throws {
        let host = try BootedSystemd()
        try host.addUser()
        let canary = "canary\(UInt64.random(in: 0 ... .max))"
        let unit = Self.unit("main")
        // By a variable: beside --profile no other would count.
        func run(_ words: [String], token: String) throws -> Running.Ended {
            let environment = ["MAZELCLAW_PROFILE": "main", "MAZELCLAW_GATEWAY_TOKEN": token]
            return try host.mazelclaw(words, asRoot: !isUsers, environment: environment)
        }
        func mazelclaw(_ words: String...) throws {
            let end = try run(words, token: "any")
            #expect(end.code == 0, "\(words): \(end.errors)")
        }
        try mazelclaw("gateway", "install")
        try mazelclaw("gateway", "stop")
        let place = isUsers ? "/home/ada/.config/systemd/user" : "/etc/systemd/system"
        let secret = isUsers ? "/home/ada/kept" : "/etc/kept"
        try host.shell(
            """
            mkdir -p \(place)/\(unit).d
            printf '%s\\n' \(canary) > \(secret)
            chmod 600 \(secret)
            printf '[Service]\\nLoadCredential=MAZELCLAW_GATEWAY_TOKEN:\(secret)\\n' > \(place)/\(unit).d/kept.conf
            [ \(isUsers) = false ] || chown -R ada: /home/ada/.config \(secret)
            """)
        try mazelclaw("config", "set", "gateway.auth.token", "${MAZELCLAW_GATEWAY_TOKEN}")
        let reload = ["systemctl"] + (isUsers ? ["--user"] : []) + ["daemon-reload"]
        let end =
            isUsers ? try host.runAsUser(reload, environment: host.runtime) : try host.run("systemctl", "daemon-reload")
        #expect(end.code == 0, "\(end.errors)")
        try mazelclaw("gateway", "start")
        #expect(try host.property("ActiveState", of: unit, isUsers: isUsers) == "active")
        let ask = ["gateway", "call", "health"]
        let known = try run(ask, token: canary)
        #expect(known.code == 0, "\(known.errors)")
        #expect(try run(ask, token: "another").code != 0)
        let pid = try host.property("MainPID", of: unit, isUsers: isUsers)
        let found = try host.shell(
            """
            for process in $(pgrep -P $(pgrep -P \(pid))); do
                ls -A /proc/$process/root/run/credentials
                grep -rl \(canary) /proc/$process/root/home /proc/$process/root/var /proc/$process/root/run 2>/dev/null \
                    || true
                grep -l \(canary) /proc/$process/environ /proc/$process/cmdline || true
            done
            journalctl --no-pager | grep \(canary) || true
            """)
        #expect(found == "")
    }

    @Test func `systemd listens for the gateway where that is asked for`() throws {
        let host = try BootedSystemd()
        try host.addUser()
        let install = try host.mazelclaw("--profile", "main", "gateway", "install", "--port", "18789")
        #expect(install.code == 0, "\(install.errors)")
        let (unit, socket) = (Self.unit("main"), "mazelclaw-gateway-main.socket")
        let listening = try host.mazelclaw("--profile", "main", "gateway", "install", "--socket")
        #expect(listening.code == 0, "\(listening.errors)")
        #expect(try host.property("ActiveState", of: socket, isUsers: true) == "active")
        #expect(try host.property("ActiveState", of: unit, isUsers: true) == "active")
        // As it is installed, unless something else is asked for.
        #expect(try host.mazelclaw("--profile", "main", "gateway", "install").output.contains("Unit OK: "))
        #expect(try host.property("ActiveState", of: socket, isUsers: true) == "active")
        // Who connects while it is down starts it, and is answered.
        #expect(try host.runAsUser(["systemctl", "--user", "stop", unit], environment: host.runtime).code == 0)
        #expect(try host.property("ActiveState", of: unit, isUsers: true) == "inactive")
        for address in ["127.0.0.1", "[::1]"] {
            let ask =
                "import urllib.request as r; print(r.urlopen('http://\(address):18789/health', timeout=20).status)"
            #expect(try host.run("python3", "-c", ask).output == "200\n")
        }
        #expect(try host.property("ActiveState", of: unit, isUsers: true) == "active")
        let stop = try host.mazelclaw("--profile", "main", "gateway", "stop")
        #expect(stop.code == 0, "\(stop.errors)")
        #expect(try host.property("ActiveState", of: socket, isUsers: true) == "inactive")
        let back = try host.mazelclaw("--profile", "main", "gateway", "install", "--no-socket")
        #expect(back.code == 0, "\(back.errors)")
        #expect(try host.property("LoadState", of: socket, isUsers: true) == "not-found")
        #expect(try host.property("ActiveState", of: unit, isUsers: true) == "active")
    }

    @Test func `a socket unit gives the gateway a port below 1024`() throws {
        let host = try BootedSystemd()
        let words = ["--profile", "main", "gateway"]
        func mazelclaw(_ more: String...) throws {
            let end = try host.mazelclaw(words + more, asRoot: true)
            #expect(end.code == 0, "\(more): \(end.errors)")
        }
        try mazelclaw("install", "--port", "18789", "--socket")
        try mazelclaw("stop")
        let (unit, socket) = (Self.unit("main"), "mazelclaw-gateway-main.socket")
        try host.shell(
            """
            mkdir -p /etc/mazelclaw/policies /etc/systemd/system/\(socket).d
            cp \(host.stage.policies)/gateway.seccomp.json /etc/mazelclaw/policies/
            sed 's/"bind": \\[/"bind": [443, /' \(host.stage.policies)/gateway.json >/etc/mazelclaw/policies/web.json
            sed -i 's/"policy": "gateway"/"policy": "web"/' /etc/mazelclaw/profiles/main.json
            printf '[Socket]\\nListenStream=127.0.0.1:443\\n' >/etc/systemd/system/\(socket).d/web.conf
            systemctl daemon-reload
            """)
        try mazelclaw("start")
        #expect(try host.property("ActiveState", of: unit, isUsers: false) == "active")
        for port in [443, 18789] {
            let ask =
                "import urllib.request as r; print(r.urlopen('http://127.0.0.1:\(port)/health', timeout=60).status)"
            #expect(try host.run("python3", "-c", ask).output == "200\n")
        }
    }

    @Test func `without a manager it is said what to do, and a gateway in the background does as well`() throws {
        let host = try BootedSystemd()
        try host.addUser(lingering: false)
        let install = try host.mazelclaw("--profile", "main", "gateway", "install")
        #expect(install.code == 1)
        #expect(install.errors.contains("loginctl enable-linger ada"))
        #expect(install.errors.contains("mazelclaw --profile main gateway start"))
        #expect(try host.shell("ls -A /home/ada").contains(".config") == false)
        let start = try host.mazelclaw("--profile", "main", "gateway", "start")
        #expect(start.code == 0, "\(start.errors)")
        let first = try status(host, "main")
        #expect(first["health"]?["up"] == true)
        #expect(try host.mazelclaw("--profile", "main", "gateway", "start").output.contains("runs already"))
        let log = "/home/ada/.local/state/mazelclaw/background/main.log"
        #expect(try host.shell("cat \(log)").contains("listening on"))
        // Started again when it fails.
        let pid = try #require(first["pid"]?.integer)
        try host.shell("kill -KILL \(pid)")
        try host.wait {
            let now = try status(host, "main")
            return now["health"]?["up"] == true && now["pid"] != first["pid"]
        }
        let stop = try host.mazelclaw("--profile", "main", "gateway", "stop")
        #expect(stop.code == 0, "\(stop.errors)")
        #expect(try host.shell("pgrep -u ada mazelclaw || echo none") == "none\n")
        #expect(try host.mazelclaw("--profile", "main", "gateway", "stop").output.contains("does not run"))
        // What cannot start is not tried again, and says why.
        try host.shell("echo '{nonsense' >/home/ada/.mazelclaw-main/mazelclaw.json")
        let failed = try host.mazelclaw("--profile", "main", "gateway", "start")
        #expect(failed.code == 1)
        #expect(failed.errors.contains("mazelclaw.json"))
        #expect(try host.shell("pgrep -u ada mazelclaw || echo none") == "none\n")
    }
}
