import Foundation
import Glibc
import JSON
import Testing

/// B: siblings, which the supervisor starts beside a payload that asks, in a sandbox of their own.
///
/// Here they are Python scripts, whose policy permits what a browser's does.
@Suite(.recorded) struct SiblingTests {
    /// What a payload asks with, and what it is told.
    static let client = #"""
        import array, ctypes, json, os, signal, socket, subprocess, sys, threading, time
        STATE = os.environ["MAZELCLAW_STATE_DIR"]
        PORT = int(os.environ["MAZELCLAW_GATEWAY_PORT"])
        NUMBER = int(os.environ["MAZELCLAW_SIBLINGS"])
        SOCKET = socket.socket(fileno=NUMBER)
        os.makedirs(STATE + "/browser", 0o700, exist_ok=True)
        def ask(code, request=None, descriptors=None):
            own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            own.settimeout(20)
            pipes = [os.pipe() for _ in range(3)]
            given = [other.fileno(), pipes[0][1], pipes[1][0], pipes[2][1]]
            if request is None:
                request = {"kind": "browser", "program": "/usr/bin/python3", "arguments": ["-c", code]}
            message = request if isinstance(request, bytes) else json.dumps(request).encode()
            rights = array.array("i", given if descriptors is None else descriptors(given))
            try:
                SOCKET.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            finally:
                for number in given[1:]: os.close(number)
                other.close()
            return Sibling(own, pipes[0][0], pipes[1][1], pipes[2][0])
        class Sibling:
            def __init__(self, link, errors, commands, answers):
                self.link, self.errors, self.commands, self.answers = link, errors, commands, answers
            def event(self):
                text = self.link.recv(8192)
                return json.loads(text) if text else {"event": "gone"}
            def order(self, **order): self.link.send(json.dumps(order).encode())
            def said(self):
                with os.fdopen(self.answers) as file: return file.read()
            def complained(self):
                with os.fdopen(self.errors) as file: return file.read()
        def tell(value): print(value if isinstance(value, str) else json.dumps(value, sort_keys=True), flush=True)

        """#

    /// What tries an act, and says how it ended.
    static let trial = #"""
        import ctypes, errno, json, os, socket, sys
        libc = ctypes.CDLL(None, use_errno=True)
        def outcome(act):
            try:
                value = act()
                return "OK" if value is None else "OK = " + str(value)
            except OSError as error:
                return errno.errorcode[error.errno]
        def call(function, *arguments):
            if function(*arguments) == -1: raise OSError(ctypes.get_errno(), "")
        def in_child(act):
            reader, writer = os.pipe()
            child = os.fork()
            if child == 0:
                os.write(writer, outcome(act).encode())
                os._exit(0)
            os.close(writer)
            os.waitpid(child, 0)
            text = os.read(reader, 100).decode()
            os.close(reader)
            return text
        def execute(path):
            with open(path, "w") as file: file.write("#!/bin/sh\nexit 0\n")
            os.chmod(path, 0o700)
            os.execv(path, [path])
        def connect(port):
            with socket.create_connection(("127.0.0.1", port), 5): pass
        def bind(port):
            with socket.socket() as s: s.bind(("127.0.0.1", port))

        """#

    /// A policy whose siblings are Python scripts, or one of `programs`.
    static func options(_ host: Host, programs: [String] = [], maximum: Int? = nil) throws -> Host.Options {
        let path = try host.policy("gateway.json", replacing: "\"about:blank\"", with: "\"*\"")
        let listed = (["/usr/bin/python3", "/nowhere"] + programs).map { "\"\($0)\", " }.joined()
        var text = try #require(Files.read(path))
            .replacingOccurrences(of: "\"executables\": [", with: "\"executables\": [" + listed)
        if let maximum {
            text = text.replacingOccurrences(of: "\"maximum\": 4", with: "\"maximum\": \(maximum)")
        }
        let owner = host.starting == .root ? 0 : Host.payloadUser
        try Files.write(text, to: path, owner: owner)
        var options = Host.Options()
        options.more = ["--policy", path]
        return options
    }

    /// A copy of the browser's policy at a place of the launching user's, in which `old` is `new`; its path.
    private static func browserPolicy(_ host: Host, replacing old: String, with new: String) throws -> String {
        let owner = host.starting == .root ? 0 : Host.payloadUser
        let directory = "\(host.root)/browser"
        try Files.makeDirectory(directory, owner: owner)
        for name in ["browser.json", "browser.seccomp.json"] {
            let text = try #require(Files.read("\(host.stage.policies)/\(name)"))
            try Files.write(text.replacingOccurrences(of: old, with: new), to: "\(directory)/\(name)", owner: owner)
        }
        return "\(directory)/browser.json"
    }

    static func python(_ code: String) -> [String] { ["/usr/bin/python3", "-c", client + code] }

    /// Python source as a literal of Python's.
    private static func literal(_ code: String) -> String { JSON.string(code).text() }

    private static func run(_ starting: Starting, _ code: String) throws -> [JSON] {
        let host = try Host(starting)
        let end = try host.run(python(code), options(host))
        try #require(end.code == 0, "\(end.output)\(end.errors)")
        return try end.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
    }

    // MARK: What it has, and what it has not

    @Test(arguments: Starting.available)
    func `a sibling may do what its policy permits, and sees its part of the state alone`(starting: Starting) throws {
        let code =
            Self.trial + #"""
                import json
                state, port = sys.argv[1], int(sys.argv[2])
                print(sys.stdin.read(), end="", file=sys.stderr)
                say = {
                    "nest a user namespace": in_child(lambda: call(libc.unshare, 0x10000000)),
                    "nest a mount namespace": in_child(lambda: call(libc.unshare, 0x20000)),
                    "list the state directory": outcome(lambda: os.listdir(state)),
                    "write its part": outcome(lambda: open(state + "/browser/made", "w").close()),
                    "write beside its part": outcome(lambda: open(state + "/beside", "w").close()),
                    "read a file of the gateway's": outcome(lambda: open(state + "/secret").close()),
                    "execute what it wrote": in_child(lambda: execute(state + "/browser/program")),
                    "execute what it wrote to /tmp": in_child(lambda: execute("/tmp/program")),
                    "execute /usr/bin/true": in_child(lambda: os.execv("/usr/bin/true", ["true"])),
                    "connect to the gateway": outcome(lambda: connect(port)),
                    "connect to browser control": outcome(lambda: connect(port + 2)),
                    "bind the gateway's port": outcome(lambda: bind(port)),
                    "bind browser control's": outcome(lambda: bind(port + 2)),
                    "bind a CDP port": outcome(lambda: bind(port + 11)),
                    "bind port 0": outcome(lambda: bind(0)),
                    "process": os.getpid(), "parent": os.getppid(), "user": os.getuid(),
                    "descriptors": sorted(int(n) for n in os.listdir("/proc/self/fd"))[:-1],
                    "variables": sorted(n for n in os.environ if n.startswith("MAZELCLAW") or n == "TOLD"),
                    "processes": sorted(int(n) for n in os.listdir("/proc") if n.isdigit()),
                    "answer": os.read(3, 100).decode(),
                }
                os.write(4, json.dumps(say).encode())
                """#
        let said = try #require(
            Self.run(
                starting,
                """
                open(STATE + "/secret", "w").write("secret")
                listener = socket.create_server(("127.0.0.1", PORT))
                threading.Thread(target=lambda: [listener.accept() for _ in range(9)], daemon=True).start()
                code = \(Self.literal(code))
                request = {"kind": "browser", "program": "/usr/bin/python3",
                    "arguments": ["-c", code, STATE, str(PORT)]}
                sibling = ask(None, request)
                assert sibling.event() == {"event": "started"}, sibling.complained()
                os.write(sibling.commands, b"forty-two")
                said = sibling.said()
                assert said, sibling.complained()
                tell(said)
                assert sibling.event() == {"event": "ended", "code": 0}
                assert sibling.event() == {"event": "gone"}
                os._exit(0)
                """
            ).first)
        #expect(said["nest a user namespace"] == "OK")
        #expect(said["nest a mount namespace"] == "EPERM")
        #expect(said["list the state directory"] == "OK = ['browser']")
        #expect(said["write its part"] == "OK")
        #expect(said["write beside its part"] == "EROFS" || said["write beside its part"] == "EACCES")
        #expect(said["read a file of the gateway's"] == "ENOENT")
        #expect(said["execute what it wrote"] == "EACCES")
        #expect(said["execute what it wrote to /tmp"] == "EACCES")
        #expect(said["execute /usr/bin/true"] == "")
        #expect(said["connect to the gateway"] == "EACCES")
        #expect(said["connect to browser control"] == "EACCES")
        for port in ["the gateway's port", "browser control's", "a CDP port", "port 0"] {
            #expect(said["bind \(port)"] == "EACCES", "\(port)")
        }
        #expect(said["process"] == 2 && said["parent"] == 1)
        #expect(said["user"]?.integer == Int64(Host.payloadUser))
        #expect(said["descriptors"] == [0, 1, 2, 3, 4])
        #expect(said["variables"] == ["MAZELCLAW_PROFILE", "MAZELCLAW_SANDBOX"])
        #expect(said["processes"] == [1, 2])
        #expect(said["answer"] == "forty-two")
    }

    /// The twin: what a sibling may not the payload may, and the other way round.
    @Test(arguments: Starting.available)
    func `the payload and what it runs may nothing of what its sibling may`(starting: Starting) throws {
        let all = try Self.run(
            starting,
            Self.trial + #"""

                sibling = ask("import os, time; os.write(4, b'up'); time.sleep(60)")
                assert sibling.event() == {"event": "started"}
                os.read(sibling.answers, 2)
                # As the gateway does at once.
                os.set_inheritable(NUMBER, False)
                program = """
                import os
                print(sorted(int(n) for n in os.listdir("/proc/self/fd"))[:-1])
                """.replace("                ", "")
                inherited = subprocess.run(
                    ["/usr/bin/python3", "-c", program], close_fds=False, capture_output=True, text=True).stdout
                me = os.getpid()
                def steal():
                    pidfd = os.pidfd_open(me)
                    call(libc.syscall, 438, pidfd, NUMBER, 0)
                open(STATE + "/mine", "w").close()
                tell({
                    "nest a user namespace": in_child(lambda: call(libc.unshare, 0x10000000)),
                    "clone with one": in_child(lambda: call(libc.syscall, 56, 0x10000000 | 17, 0, 0, 0, 0)),
                    "take the socket from the gateway": in_child(steal),
                    "open the socket by /proc": in_child(lambda: open(f"/proc/{me}/fd/{NUMBER}")),
                    "inherited": inherited.strip(),
                    "processes": sorted(int(n) for n in os.listdir("/proc") if n.isdigit() and int(n) > 2),
                    "signal every process": outcome(lambda: signal.pthread_kill(threading.get_ident(), 0)),
                    "list the state directory": "mine" in os.listdir(STATE),
                    "bind the gateway's port": outcome(lambda: bind(PORT)),
                })
                sibling.link.settimeout(0.2)
                try: tell(sibling.event())
                except TimeoutError: tell({"event": "runs"})
                """#)
        let said = try #require(all.first)
        #expect(all.last == ["event": "runs"])
        #expect(said["nest a user namespace"] == "EPERM")
        #expect(said["clone with one"] == "EPERM")
        #expect(said["take the socket from the gateway"] == "EPERM")
        #expect(said["open the socket by /proc"] == "ENXIO")
        #expect(said["inherited"] == "[0, 1, 2]")
        #expect(said["processes"] == [])
        #expect(said["list the state directory"] == true)
        #expect(said["bind the gateway's port"] == "OK")
    }

    // MARK: Its end

    @Test(arguments: Starting.available)
    func `a sibling ends when it is asked to, and when who asked for it lets go`(starting: Starting) throws {
        let said = try Self.run(
            starting,
            #"""
            wait = "import os, signal, time\nsignal.signal(signal.SIGTERM, lambda *_: os._exit(7))\nos.write(4, b'up')\n"
            def up(code):
                sibling = ask(wait + code)
                assert sibling.event() == {"event": "started"}
                assert os.read(sibling.answers, 2) == b"up"
                return sibling
            a = up("time.sleep(60)")
            a.order(signal=15)
            tell(a.event())
            b = up("time.sleep(60)")
            b.order(signal=9)
            tell(b.event())
            # One that leaves its session and its parent is not left behind either.
            c = up("os.fork() or (os.setsid(), os.fork() or time.sleep(60))\nos._exit(0)")
            tell(c.event())
            tell({"closed": os.read(c.answers, 1) == b""})
            d = up("time.sleep(60)")
            d.link.close()
            tell({"closed": os.read(d.answers, 1) == b""})
            e = up("time.sleep(60)")
            e.order(wrong=1)
            tell(e.event())
            """#)
        #expect(
            said == [
                ["code": 7, "event": "ended"], ["code": 137, "event": "ended"], ["code": 0, "event": "ended"],
                ["closed": true], ["closed": true], ["code": 137, "event": "ended"],
            ])
    }

    @Test(
        arguments: Starting.available,
        ["payload ends", "SIGTERM", "SIGKILL of the supervisor", "SIGKILL of its supervisor"])
    func `nothing is left of a sibling`(starting: Starting, end: String) throws {
        let host = try Host(starting)
        let running = try host.start(
            Self.python(
                #"""
                sibling = ask("import os, time; os.fork(); os.write(4, b'up'); time.sleep(60)")
                assert sibling.event() == {"event": "started"}
                os.read(sibling.answers, 2)
                tell("up")
                """# + (end == "payload ends" ? "" : "\ntime.sleep(60)\n")), Self.options(host))
        if end != "payload ends" {
            try running.waitForOutput("up")
            let below = Processes.descendants(of: running.processID)
            // Its supervisor, its init and its two processes, beside the payload's own two.
            #expect(below.count >= 6, "\(below)")
            let own = try #require(
                Processes.children(of: running.processID).first {
                    Files.read("/proc/\($0)/cmdline")?.hasPrefix("mazelclaw-sibling") == true
                })
            switch end {
            case "SIGTERM": running.send(SIGTERM)
            case "SIGKILL of the supervisor": running.send(SIGKILL)
            default:
                let siblings = [own] + Processes.descendants(of: own)
                kill(own, SIGKILL)
                #expect(eventually(seconds: 20) { !siblings.contains(where: Processes.isAlive) })
                running.send(SIGTERM)
            }
            try running.wait()
            #expect(eventually(seconds: 20) { !below.contains(where: Processes.isAlive) })
        } else {
            #expect(try running.wait().code == 0)
        }
        #expect(
            !Processes.all.contains { Files.read("/proc/\($0)/cmdline")?.contains(host.root) == true })
        // The instance's lock is free, and another starts at once.
        let again = try host.run(["/usr/bin/true"])
        #expect(again.code == 0, "\(again.errors)")
    }

    @Test(arguments: Starting.available)
    func `its supervisor tells how the kernel holds its processes`(starting: Starting) throws {
        let said = try Self.run(
            starting,
            #"""
            code = """
            import ctypes, os, sys, time
            if os.fork() == 0:
                libc = ctypes.CDLL(None)
                # CLONE_NEWUSER and CLONE_NEWPID: the next child is in them.
                libc.unshare(0x30000000)
                if os.fork() == 0: os.execv("/usr/bin/python3", ["python3", "-c", "import os, time; os.write(4, b'1'); time.sleep(60)", "--mark"])
                time.sleep(60)
            os.fork() or os.execv("/usr/bin/python3", ["python3", "-c", "import os, time; os.write(4, b'1'); time.sleep(60)", "--mark"])
            time.sleep(60)
            """
            sibling = ask(code)
            assert sibling.event() == {"event": "started"}, sibling.complained()
            for _ in range(2): assert os.read(sibling.answers, 1) == b"1"
            sibling.order(inspect="--mark")
            tell(sibling.event())
            sibling.order(inspect="--nothing")
            tell(sibling.event())
            """#)
        // Of which processes it was asked changes nothing of how much memory all of them take.
        for event in said { #expect((1 << 20..<1 << 40).contains(event["memory"]?.integer ?? 0), "\(event)") }
        let counts = said.map { [$0["filtered"], $0["found"], $0["nested"]] }
        #expect(counts == [[0, 2, 1], [0, 0, 0]])
    }

    // MARK: What is refused

    @Test(arguments: Starting.available)
    func `what the policy does not list is refused, and named as it is`(starting: Starting) throws {
        let host = try Host(starting)
        var options = try Self.options(host)
        let status = host.status(&options)
        let end = try host.run(
            Self.python(
                #"""
                good = {"kind": "browser", "program": "/usr/bin/python3", "arguments": []}
                for change in [
                    {"kind": "shell"}, {"program": "/bin/sh"}, {"program": "python3"}, {"mounts": ["/"]},
                    {"environment": {}}, {"arguments": ["x"] * 200}, {"program": "/nowhere"},
                ]:
                    tell(ask(None, good | change).event())
                tell(ask(None, b"{").event())
                tell(ask(None, b"\xff" * 100).event())
                # Without a word: there is nobody to tell.
                def quiet(descriptors, request=good):
                    sibling = ask(None, request, descriptors)
                    tell(sibling.event())
                state = os.open(STATE, os.O_RDONLY)
                file = os.open(STATE + "/file", os.O_RDWR | os.O_CREAT)
                tcp = socket.socket()
                stream, _ = socket.socketpair()
                quiet(lambda given: given[:3])
                quiet(lambda given: given + [given[1]])
                quiet(lambda given: given[:3] + [state])
                quiet(lambda given: given[:3] + [file])
                quiet(lambda given: given[:3] + [tcp.fileno()])
                quiet(lambda given: given[:3] + [stream.fileno()])
                quiet(lambda given: [stream.fileno()] + given[1:])
                quiet(lambda given: [given[1], given[1], given[2], given[3]])
                quiet(lambda given: given, b"x" * 20000)
                SOCKET.send(json.dumps(good).encode())
                """#), options)
        #expect(end.code == 0, "\(end.output)\(end.errors)")
        let said = try end.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
        let refused = said.prefix(9).map { $0["reason"]?.string ?? "" }
        let rules = [
            "sibling-kind", "sibling-program", "sibling-program", "sibling-request", "sibling-request",
            "sibling-request",
            "cannot execute /nowhere", "sibling-request", "sibling-request",
        ]
        #expect(refused.count == rules.count)
        for (reason, rule) in zip(refused, rules) { #expect(reason.contains(rule), "\(reason)") }
        #expect(said.dropFirst(9) == Array(repeating: ["event": "gone"], count: 9)[...])
        let denials = try Host.events(status).filter { $0["event"] == "denied" }
        #expect(denials.count == 18)
        #expect(denials.allSatisfy { $0["rule"]?.string?.hasPrefix("sibling-") == true && $0["errno"] == "EACCES" })
        #expect(denials.allSatisfy { ($0["program"]?.string ?? "").contains("python3") && $0["pidInside"] == 2 })
    }

    @Test(arguments: Starting.available)
    func `there are no more at once than the policy says`(starting: Starting) throws {
        let said = try Self.run(
            starting,
            #"""
            siblings = [ask("import time; time.sleep(60)") for _ in range(5)]
            for sibling in siblings: tell(sibling.event())
            siblings[0].order(signal=9)
            siblings[0].event()
            siblings[0].event()
            # Its place is free once the supervisor has noted its end, a moment after.
            for _ in range(200):
                event = ask("pass").event()
                if event["event"] == "started": break
                time.sleep(0.01)
            tell(event)
            """#)
        #expect(said.prefix(4).allSatisfy { $0 == ["event": "started"] })
        #expect(said[4]["reason"]?.string?.contains("too-many-siblings") == true)
        #expect(said[5] == ["event": "started"])
    }

    /// The twin: one that waits as long as it is told to is started.
    @Test(arguments: Starting.available)
    func `siblings are started at no faster pace than one a second for long`(starting: Starting) throws {
        let host = try Host(starting)
        var options = try Self.options(host, programs: ["/usr/bin/true"], maximum: 64)
        let status = host.status(&options)
        let end = try host.run(
            Self.python(
                #"""
                request = {"kind": "browser", "program": "/usr/bin/true", "arguments": []}
                siblings = [ask(None, request) for _ in range(40)]
                events = [sibling.event() for sibling in siblings]
                tell([event for event in events if event["event"] == "failed"][0])
                tell({"started": sum(event["event"] == "started" for event in events)})
                for _ in range(2000):
                    event = ask(None, request).event()
                    if event["event"] == "started": break
                    time.sleep(0.05)
                tell(event)
                """#), options)
        #expect(end.code == 0, "\(end.output)\(end.errors)")
        let said = try end.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
        #expect(said[0]["reason"]?.string?.contains("rule sibling-pace: ask again in") == true, "\(said)")
        #expect((16..<40).contains(said[1]["started"]?.integer ?? 0), "\(said)")
        #expect(said[2] == ["event": "started"])
        let denials = try Host.events(status).filter { $0["event"] == "denied" }
        #expect(!denials.isEmpty && denials.allSatisfy { $0["rule"] == "sibling-pace" })
    }

    // MARK: What is read at the start

    @Test(arguments: Starting.available, ["p", "new"])
    func `a start is refused whose sibling has no policy that can be used`(starting: Starting, name: String) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"]).code == 0)
        let broken = try Self.browserPolicy(host, replacing: "nestedUserNamespaces", with: "nestedNamespaces")
        for (reference, culprit) in [("nowhere", "no such policy"), (broken, "nestedNamespaces")] {
            let path = try host.policy(
                "gateway.json", replacing: "\"policy\": \"browser\"", with: "\"policy\": \"\(reference)\"")
            var options = name == "p" ? Host.Options() : Host.Options(profile: name, port: host.secondPort)
            options.more = ["--policy", path]
            let end = try host.run(["sh", "-c", "touch $MAZELCLAW_STATE_DIR/ran"], options)
            #expect(end.code == 78, "\(end.errors)")
            #expect(end.sentences.last?.contains(culprit) == true, "\(end.errors)")
            #expect(!Files.exists("\(host.stateDirectory(name))/ran"))
            #expect(Files.exists("\(host.configuration)/profiles/\(name).json") == (name == "p"))
        }
    }

    @Test(arguments: Starting.available)
    func `a sibling is started by the policy that there was when the payload was`(starting: Starting) throws {
        let host = try Host(starting)
        let siblings = try Self.browserPolicy(host, replacing: "nested", with: "nested")
        var options = try Self.options(host)
        let text = try #require(Files.read(options.more[1]))
        try Files.write(
            text.replacingOccurrences(of: "\"policy\": \"browser\"", with: "\"policy\": \"\(siblings)\""),
            to: options.more[1], owner: starting == .root ? 0 : Host.payloadUser)
        let running = try host.start(
            Self.python(
                #"""
                tell("ready")
                while not os.path.exists(STATE + "/go"): time.sleep(0.01)
                tell(ask("pass").event())
                """#), options)
        try running.waitForOutput("ready")
        try Files.write("{", to: siblings, owner: starting == .root ? 0 : Host.payloadUser)
        try Files.write("", to: "\(host.stateDirectory())/go", owner: Host.payloadUser)
        let end = try running.wait()
        #expect(end.output.hasSuffix("{\"event\": \"started\"}\n"), "\(end.output)\(end.errors)")
        options.more = ["--policy", options.more[1]]
        #expect(try host.run(["true"], options).code == 78)
    }

    @Test(arguments: Starting.available)
    func `a sibling is shown no other directory than its own`(starting: Starting) throws {
        let said = try Self.run(
            starting,
            #"""
            os.makedirs(STATE + "/elsewhere")
            os.rename(STATE + "/browser", STATE + "/away")
            tell(ask("pass").event())
            for target in ["/etc", STATE + "/elsewhere", "elsewhere", "..", "/proc/self/cwd"]:
                os.symlink(target, STATE + "/browser")
                tell(ask("pass").event())
                os.unlink(STATE + "/browser")
            open(STATE + "/browser", "w").close()
            tell(ask("pass").event())
            os.unlink(STATE + "/browser")
            os.rename(STATE + "/away", STATE + "/browser")
            tell(ask("pass").event())
            """#)
        #expect(said.count == 8)
        for event in said.dropLast() {
            #expect(event["event"] == "failed")
            #expect(event["reason"]?.string?.contains("cannot bind") == true, "\(event)")
        }
        #expect(said.last == ["event": "started"])
    }

    @Test(arguments: Starting.available)
    func `what a sibling is refused is told as its own`(starting: Starting) throws {
        let host = try Host(starting)
        var options = try Self.options(host)
        let status = host.status(&options)
        let end = try host.run(
            Self.python(
                #"""
                sibling = ask("import socket; socket.socket().bind(('127.0.0.1', 9222))")
                tell(sibling.event())
                tell(sibling.event())
                tell({"complained": "Permission denied" in sibling.complained()})
                """#), options)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output.contains("\"complained\": true"))
        let events = try Host.events(status)
        let denial = try #require(events.first { $0["event"] == "denied" })
        #expect(denial["sibling"] == "browser" && denial["act"] == "bind 127.0.0.1:9222/tcp")
        #expect(end.sentences.contains { $0.contains("in the sibling \"browser\"") }, "\(end.errors)")
        let ended = try #require(events.first { $0["event"] == "sibling-ended" })
        #expect(ended["sibling"] == "browser" && ended["code"] == 1)
        // It was proved as every start is, and by its own plan.
        let proofs = events.filter { $0["plan"] != nil && $0["event"] != "plan" }
        #expect(proofs.count == 2 && proofs[0]["plan"] != proofs[1]["plan"], "\(events)")
    }

    @Test(arguments: Starting.available, ["none", "private"])
    func `in a network of its own a sibling reaches no more than its profile does`(starting: Starting, network: String)
        throws
    {
        let host = try Host(starting)
        var options = try Self.options(host)
        let path = options.more[1]
        try host.writeProfile(keys: "\"network\": \"\(network)\", \"policy\": \"\(path)\"")
        options.more = []
        options.port = nil
        let code =
            Self.trial + #"""
                port = int(sys.argv[1])
                os.write(4, json.dumps({
                    "gateway": outcome(lambda: connect(port)), "proxy": outcome(lambda: connect(port + 3)),
                    "other": outcome(lambda: connect(port + 4)), "proxied": os.environ.get("HTTPS_PROXY"),
                    "interfaces": [name for _, name in socket.if_nameindex()],
                }).encode())
                """#
        let end = try host.run(
            Self.python(
                """
                request = {"kind": "browser", "program": "/usr/bin/python3",
                    "arguments": ["-c", \(Self.literal(code)), str(PORT)]}
                sibling = ask(None, request)
                assert sibling.event() == {"event": "started"}
                tell(sibling.said() or sibling.complained())
                """), options)
        #expect(end.code == 0, "\(end.output)\(end.errors)")
        let said = try JSON(parsing: Array(end.output.utf8))
        #expect(said["gateway"] == "EACCES" && said["other"] == "EACCES")
        #expect(said["proxy"] == (network == "private" ? "OK" : "EACCES"))
        #expect((said["proxied"]?.string != nil) == (network == "private"))
        #expect(said["interfaces"] == ["lo"])
    }

    @Test(arguments: Starting.available)
    func `explain shows what a sibling is started by`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let end = try host.command(["explain", "--json"])
        #expect(end.code == 0, "\(end.errors)")
        let plan = try JSON(parsing: end.outputBytes)
        let sibling = try #require(plan["siblings"]?.array?.first)
        #expect(sibling["sibling"] == "browser" && sibling["maximum"] == 4)
        #expect(sibling["hash"]?.string?.hasPrefix("sha256:") == true && sibling["hash"] != plan["hash"])
        let text = try host.command(["explain"]).output
        #expect(text.contains("\nsibling browser, policy "))
        #expect(text.contains("destination=\(host.stateDirectory())/browser "))
        var options = Host.Options()
        options.more = ["--policy", "browser"]
        #expect(try !host.command(["explain"], options).output.contains("sibling"))
    }
}
