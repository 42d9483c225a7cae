import CProbe
import Foundation
import Glibc
import JSON
import Testing

/// The host's port plan: what `ports` shows, what a start claims, and who is in its way.
@Suite(.recorded) struct PortsTests {
    private func write(_ text: String, profile: String, on host: Host) throws {
        let owner = host.starting == .root ? 0 : Host.payloadUser
        for directory in [host.configuration, "\(host.configuration)/profiles"] {
            try Files.makeDirectory(directory, owner: owner)
        }
        try Files.write(text, to: "\(host.configuration)/profiles/\(profile).json", mode: 0o600, owner: owner)
    }

    private func survey(_ host: Host, _ words: [String] = []) throws -> (code: Int32?, json: JSON) {
        let end = try host.plain(["ports", "--json"] + words)
        return (end.code, try JSON(parsing: end.outputBytes))
    }

    @Test(arguments: Starting.available)
    func `ports shows every profile, who runs it and who listens, and proves that no port has two owners`(
        starting: Starting
    ) throws {
        let host = try Host(starting)
        let running = try host.start([host.stage.probe, "--serve"])
        try running.waitForOutput("ready")
        #expect(try host.run(["true"], Host.Options(profile: "q", port: host.secondPort)).code == 0)
        let (code, json) = try survey(host)
        let own = ["p", "q"]
        // Who is not root has an administrator's profiles for everybody there too, which may overlap with any.
        if json["profiles"]?.array?.count == own.count {
            #expect(code == 0, "\(json.text(pretty: true))")
            #expect(json["disjoint"] == true)
        }
        let profiles = try #require(json["profiles"]?.array).filter { own.contains($0["profile"]?.string ?? "") }
        #expect(profiles.compactMap { $0["profile"]?.string } == own)
        let base = Int64(host.basePort)
        #expect(profiles[0]["gateway"]?.integer == base)
        #expect(profiles[0]["control"]?.integer == base + 2)
        #expect(profiles[0]["cdp"]?.string == "\(base + 11)-\(base + 110)")
        #expect((1...128).contains(profiles[0]["distanceToNext"]?.integer ?? 0))
        #expect(profiles[0]["live"] == true && profiles[1]["live"] == false)
        #expect(profiles[0]["pid"]?.integer == Int64(running.processID))
        #expect(profiles[0]["program"]?.string == "mazelclaw-run")
        let listeners = try #require(json["listeners"]?.array)
        let listening = listeners.filter { $0["profile"] == "p" }
        #expect(listening.contains { $0["port"]?.integer == base })
        #expect(listening.allSatisfy { $0["program"]?.string == "isolation-probe" })
        let proof = try #require(json["proof"]?.array)
        #expect(proof.count { own.contains($0["profile"]?.string ?? "") } == 6)
        for (one, next) in zip(proof, proof.dropFirst()) where json["disjoint"] == true {
            #expect(try #require(one["last"]?.integer) < #require(next["first"]?.integer))
        }
        let table = try host.plain(["ports", "--all"])
        #expect(table.output.contains("PID \(running.processID)"))
        for claim in ["\(base) p gateway", "\(base + 2) p control", "\(base + 11)-\(base + 110) p cdp"] {
            #expect(table.output.contains(claim))
        }
        #expect(table.output.contains("ephemeral range: "))
        let one = try survey(host, ["--profile", "q"]).json["profiles"]?.array
        #expect(one?.compactMap { $0["profile"]?.string } == ["q"])
    }

    @Test(arguments: Starting.available)
    func `profiles too close are shown with what refuses them, and the exit status tells`(starting: Starting) throws {
        let host = try Host(starting)
        try write("{\"basePort\": \(host.basePort)}", profile: "p", on: host)
        try write("{\"basePort\": \(host.basePort + 10)}", profile: "q", on: host)
        let (code, json) = try survey(host)
        #expect(code == 1)
        #expect(json["disjoint"] == false)
        #expect(json["overlaps"]?.array?.first?["profiles"]?.array?.compactMap(\.string) == ["p", "q"])
        #expect(json["profiles"]?.array?.allSatisfy { $0["fault"]?.string?.contains("closer than 20") == true } == true)
    }

    @Test(arguments: Starting.available, [11, 60, 110] as [UInt16])
    func `a stranger on a CDP port refuses the start and is named`(starting: Starting, offset: UInt16) throws {
        let host = try Host(starting)
        let port = host.basePort + offset
        let script = """
            import socket, time
            s = socket.create_server(('127.0.0.1', \(port)))
            print('ready', flush=True)
            time.sleep(1000)
            """
        let identity = starting == .unprivileged && geteuid() == 0 ? Host.becomingUser : []
        let stranger = try Running(
            (identity + ["/usr/bin/python3", "-c", script]).map { Array($0.utf8) }, files: "\(host.root)/output",
            Running.Setup())
        try stranger.waitForOutput("ready")
        let end = try host.run(["echo", "ran"])
        #expect(end.code == 125 && end.output.isEmpty)
        let sentence = try #require(end.sentences.last)
        #expect(sentence.contains("port \(port) is in use by PID \(stranger.processID) (python3"))
        stranger.send(SIGKILL)
        try stranger.wait()
        #expect(try host.run(["echo", "ran"]).output == "ran\n")
    }

    @Test(arguments: Starting.available)
    func `a base among the ports that the kernel gives away is warned of`(starting: Starting) throws {
        let host = try Host(starting)
        let range = try #require(Files.read("/proc/sys/net/ipv4/ip_local_port_range"))
            .split { $0.isWhitespace }.compactMap { UInt16($0) }
        let base = try #require(range.first) + 200
        let warning = "port \(base) of p is in the kernel's ephemeral range"
        let options = Host.Options(port: base)
        let doctor = try host.command(["doctor"], options)
        #expect(doctor.output.contains("note ports: \(warning)"), "\(doctor.output)")
        let end = try host.run(["echo", "ran"], options)
        #expect(end.output == "ran\n", "\(end.errors)")
        #expect(end.sentences.contains { $0.contains(warning) })
        // Of a network that nobody else is in there is nothing to say.
        try host.writeProfile(basePort: base, keys: "\"network\": \"none\"")
        #expect(try host.run(["true"], options).sentences.isEmpty)
        try host.writeProfile()
        #expect(try host.command(["doctor"], Host.Options(port: host.basePort)).output.contains("ok   ports: outside"))
        #expect(try host.run(["true"]).sentences.isEmpty)
    }

    /// As below RestrictAddressFamilies= without AF_NETLINK: then /proc tells (proc_net(5)).
    @Test(arguments: Starting.available)
    func `a stranger is found where netlink is not to be had`(starting: Starting) throws {
        let host = try Host(starting)
        let script =
            "import socket, time; s = socket.create_server(('127.0.0.1', \(host.basePort + 60))); print('ready', flush=True); time.sleep(1000)"
        let stranger = try Running(
            ["/usr/bin/python3", "-c", script].map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup())
        try stranger.waitForOutput("ready")
        var options = Host.Options()
        // AF_NETLINK is 16.
        options.wrapper = [host.stage.probe, "--without", "\(SYS_socket)&0x10=\(EAFNOSUPPORT)"]
        let end = try host.run(["echo", "ran"], options)
        #expect(end.code == 125 && end.output.isEmpty)
        #expect(end.sentences.last?.contains("port \(host.basePort + 60) is in use") == true, "\(end.errors)")
        stranger.send(SIGKILL)
        try stranger.wait()
        #expect(try host.run(["echo", "ran"], options).output == "ran\n")
    }

    @Test(arguments: Starting.available)
    func `a start that cannot find out whether its port is free is refused`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["echo", "ran"]).output == "ran\n")
        var options = Host.Options()
        options.wrapper = [host.stage.probe, "--without", "\(SYS_bind)=\(EACCES)"]
        let end = try host.run(["echo", "ran"], options)
        #expect(end.code == 125 && end.output.isEmpty)
        let sentence = try #require(end.sentences.last)
        #expect(sentence.contains("cannot find out whether port \(host.basePort) is free"), "\(sentence)")
        #expect(sentence.contains("EACCES"))
    }

    @Test(arguments: Starting.available)
    func `a start on a port of an instance that runs is refused and names it`(starting: Starting) throws {
        let host = try Host(starting)
        let running = try host.start([host.stage.probe, "--serve"])
        try running.waitForOutput("ready")
        // What its profile says by now does not count.
        try write("{\"basePort\": \(host.secondPort)}", profile: "p", on: host)
        for base in [host.basePort, host.basePort + 40, host.basePort - 40] {
            let end = try host.run(["echo", "ran"], Host.Options(profile: "q", port: base))
            #expect(end.code == 125 && end.output.isEmpty, "\(end.errors)")
            let sentence = try #require(end.sentences.last)
            #expect(sentence.contains("profile \"p\", which runs (PID \(running.processID)"), "\(sentence)")
        }
        running.send(SIGTERM)
        try running.wait()
        #expect(try host.run(["echo", "ran"], Host.Options(profile: "q", port: host.basePort)).output == "ran\n")
    }

    @Test(arguments: Starting.available)
    func `of 20 starts on one port exactly one wins, whatever its name`(starting: Starting) throws {
        let host = try Host(starting)
        // On their way to one and the same base port by the command line; their files are far apart.
        for number in 0..<20 {
            try write("{\"basePort\": \(2000 + 400 * number)}", profile: "n\(number)", on: host)
        }
        let starts = try (0..<20).map { number in
            try host.start(
                ["sh", "-c", "echo ran; sleep 1000"], Host.Options(profile: "n\(number)", port: host.basePort))
        }
        let winner = {
            starts.filter { $0.output == "ran\n" }
        }
        #expect(
            eventually(seconds: 30) {
                starts.filter { $0.output.isEmpty }.allSatisfy { !Processes.isAlive($0.processID) }
                    && winner().count == 1
            })
        usleep(200_000)
        #expect(winner().count == 1)
    }

    @Test func `a start that hangs with the registry locked is named, and does not hang the next`() throws {
        let host = try Host(.unprivileged)
        #expect(try host.run(["true"]).code == 0)
        let path = "\(host.root)/state/mazelclaw/registry.lock"
        // F_OFD_SETLK is 37 (fcntl(2)); struct flock with F_WRLCK.
        let script = """
            import fcntl, struct, time
            f = open("\(path)", "r+")
            fcntl.fcntl(f, 37, struct.pack("hhqqi", 1, 0, 0, 0, 0))
            print("held", flush=True)
            time.sleep(1000)
            """
        let holder = try Running(
            ["/usr/bin/python3", "-c", script].map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup())
        try holder.waitForOutput("held")
        let end = try host.run(["echo", "ran"])
        #expect(end.code == 125 && end.output.isEmpty)
        #expect(end.sentences.last?.contains("keeps \(path) locked") == true)
        holder.send(SIGKILL)
        try holder.wait()
        #expect(try host.run(["echo", "ran"]).output == "ran\n")
    }

    @Test(arguments: Starting.available)
    func `a lower profile is told that its CDP ports end below the next base`(starting: Starting) throws {
        let host = try Host(starting)
        #expect(try host.run(["true"], Host.Options(profile: "q", port: host.basePort + 20)).code == 0)
        let end = try host.run(["true"])
        #expect(end.code == 0)
        #expect(end.errors.contains("the CDP ports end at \(host.basePort + 19), for \(host.basePort + 20) is another"))
        let upper = try host.run(["true"], Host.Options(profile: "q", port: host.basePort + 20))
        #expect(!upper.errors.contains("CDP"), "\(upper.errors)")
    }

    @Test(arguments: Starting.available)
    func `a pinned CDP port may be bound on loopback, and only by the profile that lists it`(starting: Starting) throws
    {
        let host = try Host(starting)
        let pinned = host.basePort + 120
        let script = """
            import socket
            for host in ("127.0.0.1", "::1", "0.0.0.0"):
                s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
                try: s.bind((host, \(pinned))); print("OK")
                except OSError as e: print(e.errno)
            """
        try write("{\"basePort\": \(host.basePort), \"cdpPorts\": [\(pinned)]}", profile: "p", on: host)
        let end = try host.run(["/usr/bin/python3", "-c", script])
        #expect(end.output == "OK\nOK\n\(EACCES)\n", "\(end.errors)")
        let other = try host.run(
            ["/usr/bin/python3", "-c", script], Host.Options(profile: "q", port: host.secondPort))
        #expect(other.output == "\(EACCES)\n\(EACCES)\n\(EACCES)\n")
        try write("{\"basePort\": \(host.basePort), \"cdpPorts\": [\(host.secondPort + 2)]}", profile: "p", on: host)
        let refused = try host.run(["echo", "ran"])
        #expect(refused.code == 78 && refused.output.isEmpty)
        #expect(refused.sentences.last?.contains("lists port \(host.secondPort + 2) in \"cdpPorts\"") == true)
        #expect(try host.run(["true"], Host.Options(profile: "q", port: host.secondPort)).code == 0)
    }
}
