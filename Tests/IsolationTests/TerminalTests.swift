import CProbe
import Foundation
import Glibc
import JSON
import Testing

/// T: a payload with a terminal of its own (`--interactive`).
///
/// One test at a time: each takes two pseudoterminals, and all programs of a host share a number of them
/// (/proc/sys/kernel/pty/max).
@Suite(.recorded, .serialized) struct TerminalTests {
    /// Runs a payload while `scene` types. The harness fails when the caller's terminal is not left as it was.
    private func run(_ host: Host, _ command: [String], _ scene: String) throws -> Running.Ended {
        var options = Host.Options()
        options.wrapper = TypistScript.wrapper(scene)
        options.more = ["--interactive"]
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        while true {
            let end = try host.run(command, options)
            // Others may have the host's last pseudoterminals just now; what that does to a start is no matter of these tests.
            let hasNone = end.code == 125 && end.output.contains("openpty") && end.output.contains("ENOSPC")
            guard hasNone, clock.now < deadline else { return end }
        }
    }

    @Test(arguments: Starting.available)
    func `an own terminal has the caller's size and follows it`(starting: Starting) throws {
        let host = try Host(starting)
        let script = """
            import os, signal, sys
            def show(*_):
                size = os.get_terminal_size(0)
                os.write(1, b"size %d %d\\n" % (size.lines, size.columns))
                if size.lines == 41: sys.exit(5)
            signal.signal(signal.SIGWINCH, show)
            show()
            while True: signal.pause()
            """
        let scene = """
            t = Terminal(30, 90)
            t.expect(b"size 30 90")
            t.resize(41, 101)
            t.expect(b"size 41 101")
            """
        let end = try run(host, ["/usr/bin/python3", "-c", script], scene)
        #expect(end.code == 5, "\(end.errors)")
    }

    @Test(arguments: Starting.available, [["sh", "-i"], ["bash", "--norc", "-i"]])
    func `jobs are stopped, resumed and interrupted by keys`(starting: Starting, shell: [String]) throws {
        let host = try Host(starting)
        let scene = """
            t = Terminal()
            t.expect(b"$ ")
            t.type(b"sleep 100; echo code=$?\\n")
            t.expect(b"?\\r\\n")
            # The shell puts the job in the foreground before it runs.
            t.pause(0.5)
            t.type(b"\\x1a")
            t.expect(b"Stopped")
            t.type(b"fg\\n")
            t.expect(b"fg\\r\\n")
            t.pause(0.5)
            start = len(t.shown)
            t.type(b"\\x03")
            t.expect(b"$ ", start)
            t.type(b"exit 7\\n")
            """
        let end = try run(host, shell, scene)
        #expect(end.code == 7, "\(end.errors)")
        #expect(!end.output.contains("job control"), "\(end.output)")
    }

    @Test(arguments: Starting.available)
    func `Ctrl-C in an own terminal is one signal to who is in its foreground`(starting: Starting) throws {
        let host = try Host(starting)
        let counting = """
            import signal, sys, time
            seen = []
            signal.signal(signal.SIGINT, lambda *_: seen.append(1))
            print("ready", flush=True)
            while not seen: time.sleep(0.01)
            time.sleep(0.3)
            print("seen", len(seen), flush=True)
            sys.exit(7)
            """
        let scene = "t = Terminal(); t.expect(b'ready'); t.type(b'\\x03'); t.expect(b'seen 1')"
        let end = try run(host, ["/usr/bin/python3", "-c", counting], scene)
        #expect(end.code == 7, "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `an own terminal is the sandbox's, and the caller's is open nowhere inside`(starting: Starting) throws {
        let host = try Host(starting)
        let script = """
            tty; echo own > /dev/tty; for n in 0 1 2; do readlink /proc/self/fd/$n; done
            stat -c %a:%u /dev/pts/0; echo /dev/pts/*; readlink /proc/1/fd/0 || echo shut
            """
        let end = try run(host, ["sh", "-c", script], "t = Terminal()")
        #expect(end.code == 0, "\(end.errors)")
        let lines = end.output.split(separator: "\r\n").filter { !$0.contains("mazelclaw-run: ") }
        #expect(
            lines == [
                "/dev/pts/0", "own", "/dev/pts/0", "/dev/pts/0", "/dev/pts/0", "600:\(Host.payloadUser)",
                "/dev/pts/0 /dev/pts/ptmx", "shut",
            ])
        let attempts = try run(host, [host.stage.probe, "T01", "S05", "S06", "D01"], "t = Terminal()")
        #expect(attempts.code == 0, "\(attempts.errors)")
        #expect(attempts.output.contains("\"open the controlling terminal\",\"errno\":null"))
        #expect(attempts.output.contains("\"TIOCSTI on standard input\",\"errno\":\"EPERM\""))
        #expect(attempts.output.contains("\"value\":\"0 1 2 64\""))
    }

    @Test(arguments: Starting.available)
    func `a payload that swallows every key and signal is ended by a tilde and a dot`(starting: Starting) throws {
        let host = try Host(starting)
        let script = """
            import os, signal, tty
            for n in (1, 2, 3, 15, 20): signal.signal(n, signal.SIG_IGN)
            tty.setraw(0)
            os.write(1, b"ready")
            while os.read(0, 100): pass
            """
        let scene = """
            t = Terminal()
            t.expect(b"ready")
            t.type(b"\\x03\\x1c\\r~?")
            t.expect(b" ~.  end the payload")
            check(not t.has_ended(), "ended by a list")
            t.type(b"~.")
            """
        let end = try run(host, ["/usr/bin/python3", "-c", script], scene)
        #expect(end.code == 137, "\(end.errors)")
        #expect(end.output.hasSuffix("mazelclaw-run: the payload is killed, as typed (~.)\r\n"))
        let events = try Host.events("\(host.root)/state/mazelclaw/audit/p.jsonl")
        #expect(events.suffix(2).map { $0["event"]?.string } == ["ended-by-keys", "exit"])
        #expect(events.last?["code"]?.integer == 137)
    }

    @Test(arguments: Starting.available)
    func `other tildes are the payload's`(starting: Starting) throws {
        let host = try Host(starting)
        let scene = """
            t = Terminal()
            t.expect(b"ready")
            for piece in (b"~", b"~.", b"a~.", b"\\r~", b"/x\\r", b"~~", b"."): t.type(piece); t.pause(0.05)
            t.expect(b"ready~.a~.\\r~/x\\r~.")
            """
        let script = "stty raw -echo; printf ready; exec dd bs=1 count=12 status=none"
        let end = try run(host, ["sh", "-c", script], scene)
        #expect(end.code == 0, "\(end.errors)")
    }

    /// How a session ends, and the launcher's code.
    private static let ends: [(command: [String], scene: String, code: Int32)] = [
        (["sh", "-c", "exit 3"], "", 3),
        (["sh", "-c", "stty raw -echo; kill -9 $$"], "", 137),
        (["no-such-program"], "", 127),
        (
            ["sh", "-c", "echo ready; exec sleep 100"], "t.expect(b'ready'); check(t.is_raw(), 'not raw'); t.send(15)",
            143
        ),
        (["sh", "-c", "echo ready; exec sleep 100"], "t.expect(b'ready'); t.send(1)", 129),
        (["sh", "-c", "echo ready; exec sleep 100"], "t.expect(b'ready'); t.type(b'\\x1c')", 131),
    ]

    @Test(arguments: Starting.available, 0..<6)
    func `the caller's terminal is left as it was, however a session ends`(starting: Starting, number: Int) throws {
        let host = try Host(starting)
        let (command, scene, code) = Self.ends[number]
        let end = try run(host, command, "t = Terminal()\n" + scene)
        #expect(end.code == code, "\(end.errors) \(end.output)")
    }

    @Test(arguments: Starting.available, [SYS_setsid, SYS_sendmsg, SYS_execve])
    func `a start that fails gives the terminal back`(starting: Starting, call: Int32) throws {
        let host = try Host(starting)
        try host.makeState()
        var options = Host.Options()
        options.more = ["--interactive"]
        options.wrapper = TypistScript.wrapper("t = Terminal()")
        if call != SYS_execve { options.wrapper += [host.stage.probe, "--without", "\(call)=\(EPERM)"] }
        let file = host.stateDirectory() + "/ran"
        let end = try host.run(call == SYS_execve ? ["/usr"] : ["touch", file], options)
        #expect(end.code == [SYS_setsid: 125, SYS_sendmsg: 69, SYS_execve: 126][call], "\(end.errors)")
        #expect(end.output.contains(call == SYS_setsid ? "setsid" : call == SYS_sendmsg ? "openpty" : "/usr"))
        #expect(!Files.exists(file))
    }

    @Test(arguments: Starting.available)
    func `a suspended launcher gives the terminal back, and takes it again`(starting: Starting) throws {
        let host = try Host(starting)
        let scene = """
            t = Terminal()
            t.expect(b"ready 24")
            t.send(signal.SIGTSTP)
            t.expect_state("T")
            check(t.now() == t.modes, "raw while suspended")
            t.resize(50, 80)
            t.send(signal.SIGCONT)
            t.until(t.is_raw, "raw")
            t.type(b"x\\n")
            t.expect(b"size 50 80")
            """
        let script = "set -- $(stty size); echo ready $1; read x; echo size $(stty size); exit 4"
        let end = try run(host, ["sh", "-c", script], scene)
        #expect(end.code == 4, "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `a launcher in the background waits for the foreground, and ends when it is told to`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        let script = "echo ready; read x; exit 6"
        let scene = """
            t = Terminal(background=True)
            t.expect_state("T")
            check(t.now() == t.modes, "raw in the background")
            os.tcsetpgrp(t.slave, t.pid)
            t.send(signal.SIGCONT)
            t.expect(b"ready")
            t.until(t.is_raw, "raw")
            """
        let end = try run(host, ["sh", "-c", script], scene + "\nt.type(b'x\\n')")
        #expect(end.code == 6, "\(end.errors)")
        let back = """
            os.tcsetpgrp(t.slave, os.getpgrp())
            termios.tcsetattr(t.slave, termios.TCSANOW, t.modes)
            t.send(signal.SIGTERM)
            t.send(signal.SIGCONT)
            """
        let ended = try run(
            host, ["sh", "-c", script], scene + "\nt.send(signal.SIGSTOP)\nt.expect_state('T')\n" + back)
        #expect(ended.code == 143, "\(ended.errors)")
    }

    @Test(arguments: Starting.available)
    func `a terminal that goes takes the session with it`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let script = "trap 'echo hung > $MAZELCLAW_STATE_DIR/up; exit 9' HUP; echo ready; while :; do sleep 0.1; done"
        // The signal for the launcher's own session goes to its leader alone, here the harness.
        let scene = """
            t = Terminal()
            t.expect(b"ready")
            os.close(t.slave)
            os.close(t.master)
            while not t.has_ended(): time.sleep(0.01)
            sys.exit(t.code)
            """
        let end = try run(host, ["sh", "-c", script], scene)
        #expect(end.code == 9, "\(end.errors)")
        #expect(Files.read(host.stateDirectory() + "/up") == "hung\n")
    }

    @Test(arguments: Starting.available)
    func `every byte passes unchanged both ways`(starting: Starting) throws {
        let host = try Host(starting)
        let scene = """
            t = Terminal()
            t.expect(b"ready")
            start = len(t.shown)
            every = bytes(range(256)) * 64
            for n in range(0, len(every), 1024):
                t.type(every[n:n + 1024])
                t.until(lambda: len(t.shown) - start >= n + 1024, n)
            check(t.shown[start:] == every, "changed")
            t.shown = b""
            """
        let script = "stty raw -echo; printf ready; exec dd bs=1024 count=16 iflag=fullblock status=none"
        let end = try run(host, ["sh", "-c", script], scene)
        #expect(end.code == 0, "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `what the launcher says of a start stands before what the payload writes`(starting: Starting) throws {
        let host = try Host(starting)
        for _ in 1...5 {
            let end = try run(host, ["sh", "-c", "stty raw; printf first; sleep 0.1"], "t = Terminal()")
            #expect(end.code == 0, "\(end.errors)")
            #expect(end.output.hasSuffix("first"), "\(end.output)")
        }
    }

    @Test(arguments: Starting.available)
    func `a flood that nobody reads fills no memory and holds up no call`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let payload = """
            import os, socket, subprocess
            flood = subprocess.Popen(["yes", "x" * 1000])
            for _ in range(1000):
                with socket.socket() as s:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    s.bind(("127.0.0.1", int(os.environ["MAZELCLAW_GATEWAY_PORT"])))
            open(os.environ["MAZELCLAW_STATE_DIR"] + "/bound", "w").close()
            flood.wait()
            """
        let bound = host.stateDirectory() + "/bound"
        let scene = """
            t = Terminal()
            while not t.shown: t.take(0.01)
            before = int(t.status("VmHWM"))
            while not os.path.exists("\(bound)"): time.sleep(0.01)
            time.sleep(0.5)
            # And when it is read again, it all comes.
            t.pause(1)
            check(len(t.shown) > 1 << 20, "only %d bytes" % len(t.shown))
            grown = int(t.status("VmHWM")) - before
            check(grown < 1024, "grew by %d KiB" % grown)
            t.shown = b""
            t.send(signal.SIGTERM)
            """
        let end = try run(host, ["/usr/bin/python3", "-c", payload], scene)
        #expect(end.code == 143, "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `what was written last is shown, and sentences return the carriage`(starting: Starting) throws {
        let host = try Host(starting)
        let script = "head -c 200000 /dev/zero | tr '\\0' z; echo last"
        let end = try run(host, ["sh", "-c", script], "t = Terminal(); time.sleep(1)")
        #expect(end.output.hasSuffix("zlast\r\n"))
        #expect(end.output.filter { $0 == "z" }.count >= 200_000)
        let refused = "import socket; socket.socket().bind(('127.0.0.1', 81))"
        let denied = try run(host, ["/usr/bin/python3", "-c", refused], "t = Terminal()")
        #expect(denied.code == 1)
        let sentence = try #require(denied.output.range(of: "mazelclaw-run: refused bind"))
        let line = denied.output[sentence.lowerBound...].prefix { $0 != "\n" && $0 != "\r\n" }
        #expect(denied.output.contains("\(line)\r\n"))
    }

    @Test(arguments: Starting.available)
    func `what is no terminal is refused before anything is made`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.more = ["--interactive"]
        let end = try host.run(["true"], options)
        #expect(end.code == 2)
        #expect(
            end.sentences.first?.contains("--interactive needs standard input and output to be one terminal") == true)
        #expect(!Files.exists(host.stateDirectory()))
        #expect(!Files.exists("\(host.configuration)/profiles/p.json"))
        #expect(try run(host, ["true"], "t = Terminal()").code == 0)
        options.wrapper = TypistScript.wrapper("t = Terminal()") + ["sh", "-c", "\"$@\" > /dev/null", "-"]
        #expect(try host.run(["true"], options).code == 2)
    }

    @Test(arguments: Starting.available)
    func `explain shows an own terminal, and a start has it proved`(starting: Starting) throws {
        let host = try Host(starting)
        try host.makeState()
        let plain = try host.command(["explain"])
        let interactive = try host.command(["explain", "--interactive"])
        #expect(!plain.output.contains("openpty") && !plain.output.contains("tiocsctty"))
        #expect(interactive.output.contains("init: openpty path=/dev/pts/ptmx"))
        #expect(interactive.output.contains("payload: tiocsctty"))
        #expect(interactive.output.contains("the terminal is the sandbox's own"))
        #expect(try host.command(["verify", "--interactive"]).code == 2)
    }
}
