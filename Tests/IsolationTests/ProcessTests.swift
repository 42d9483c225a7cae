import Foundation
import Glibc
import Testing

/// P: processes, as seen from outside.
@Suite(.recorded) struct ProcessTests {
    @Test(arguments: Starting.available)
    func `only the own tree is listed`(starting: Starting) throws {
        let host = try Host(starting)
        // The last command is no ps, so that the shell stays to be listed.
        let end = try host.run(["sh", "-c", "ps -e -o pid=,comm=; :"])
        let names = end.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(names.map { $0[1] } == ["mazelclaw-init", "sh", "ps"])
        #expect(names.first?[0] == "1")
    }

    @Test(arguments: Starting.available)
    func `the host sees the payload as its user, never as root`(starting: Starting) throws {
        let host = try Host(starting)
        let running = try host.start(["sh", "-c", "echo ready; exec sleep 100"])
        try running.waitForOutput("ready")
        let inside = Processes.descendants(of: running.processID)
        #expect(inside.count == 2)
        for processID in inside { #expect(Processes.userID(processID) == Host.payloadUser) }
        // The supervisor too has dropped to the user before it made anything.
        #expect(Processes.userID(running.processID) == Host.payloadUser)
    }

    @Test(arguments: Starting.available)
    func `an orphan is reaped by init and ends with it`(starting: Starting) throws {
        let host = try Host(starting)
        // The orphan is looked for until it has been executed and handed to init.
        let script = """
            (setsid sleep 1000 &)
            until ps -e -o ppid=,comm= | grep '^ *1 sleep'; do :; done
            echo ready; exec sleep 1000
            """
        let running = try host.start(["sh", "-c", script])
        try running.waitForOutput("ready")
        #expect(running.output.contains("1 sleep"))
        let inside = Processes.descendants(of: running.processID)
        #expect(inside.count == 3)
        let payload = try #require(Processes.children(of: inside.first ?? 0).first)
        #expect(kill(payload, SIGKILL) == 0)
        #expect(try running.wait().code == 128 + SIGKILL)
        // The launcher has waited until the kernel had killed it.
        #expect(!inside.contains(where: Processes.isAlive))
    }

    @Test(arguments: Starting.available)
    func `a storm of zombies is reaped`(starting: Starting) throws {
        let host = try Host(starting)
        let end = try host.run([host.stage.probe, "--zombies", "10000"])
        #expect(end.output == "0 zombies\n")
        #expect(end.code == 0)
    }

    @Test(arguments: Starting.available)
    func `a crash leaves no core file`(starting: Starting) throws {
        let host = try Host(starting)
        let script = "cd $MAZELCLAW_STATE_DIR; sh -c 'kill -SEGV $$'; echo $?; ls -A"
        let end = try host.run(["sh", "-c", script])
        #expect(end.output == "139\n")
    }

    @Test(arguments: Starting.available)
    func `a fork bomb ends at its limit and the host still forks`(starting: Starting) throws {
        let host = try Host(starting)
        let bomb = try host.start([host.stage.probe, "--bomb"])
        try bomb.waitForOutput("after")
        // Init and the payload count too.
        #expect(bomb.output == "EAGAIN after 1022\n")
        // Another sandbox of the same user, while the first one is full.
        #expect(try host.run(["sh", "-c", "true; true"], Host.Options(profile: "q", port: host.secondPort)).code == 0)
        bomb.send(SIGKILL)
        try bomb.wait()
        #expect(eventually(seconds: 60) { Processes.descendants(of: bomb.processID).isEmpty })
    }

    @Test(arguments: Starting.available)
    func `two bombs in one user's sandboxes have a limit each`(starting: Starting) throws {
        let host = try Host(starting)
        let bombs = try [("p", host.basePort), ("q", host.secondPort)].map { name, port in
            try host.start([host.stage.probe, "--bomb"], Host.Options(profile: name, port: port))
        }
        for bomb in bombs {
            try bomb.waitForOutput("after")
            #expect(bomb.output == "EAGAIN after 1022\n")
        }
        for bomb in bombs {
            bomb.send(SIGKILL)
            try bomb.wait()
        }
    }

    /// Holds as many times 16 MiB as it is told, or as it gets; says how many, and then whether it could raise the limit.
    private static let hog = """
        import resource, signal, sys
        held = []
        try:
            for _ in range(int(sys.argv[1])): held.append(bytearray(b"x") * (16 << 20))
            outcome = "got"
        except MemoryError: outcome = "ENOMEM after"
        limit = getattr(resource, sys.argv[2])
        try:
            resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            print("raised")
        except (PermissionError, ValueError): pass
        print(outcome, len(held), flush=True)
        if outcome != "got": signal.pause()
        """

    @Test(arguments: Starting.available, ["RLIMIT_AS", "RLIMIT_DATA"])
    func `a memory hog gets ENOMEM at its policy's limit while another instance answers`(
        starting: Starting, resource: String
    ) throws {
        let host = try Host(starting)
        let neighbour = try host.start(
            [host.stage.probe, "--serve"], Host.Options(profile: "q", port: host.secondPort))
        try neighbour.waitForOutput("ready")
        let limit = #"{ "type": "\#(resource)", "soft": 268435456, "hard": 268435456 },"#
        var options = Host.Options()
        options.more = [
            "--policy", try host.policy("gateway.json", replacing: "\"rlimits\": [", with: "\"rlimits\": [\(limit)"),
        ]
        func command(_ count: Int) -> [String] { ["/usr/bin/python3", "-c", Self.hog, "\(count)", resource] }
        let hog = try host.start(command(1000), options)
        try hog.waitForOutput("after")
        // 16 would be all of it; the interpreter takes its share.
        let count = try #require(hog.output.split(separator: " ").last.flatMap { Int($0.dropLast()) })
        #expect((12...15).contains(count), "\(hog.output)")
        #expect(hog.output == "ENOMEM after \(count)\n")
        #expect(try TCP.accepts("127.0.0.1", host.secondPort))
        try neighbour.waitForOutput("connected")
        hog.send(SIGKILL)
        try hog.wait()
        // Within the limit the same program has what it asks for.
        #expect(try host.run(command(8), options).output == "got 8\n")
        #expect(Processes.isAlive(neighbour.processID))
    }

    @Test(arguments: Starting.available)
    func `kill of everything inside ends nothing outside`(starting: Starting) throws {
        let host = try Host(starting)
        let neighbour = try host.start(
            ["sh", "-c", "echo ready; exec sleep 100"], Host.Options(profile: "first", port: host.secondPort))
        try neighbour.waitForOutput("ready")
        let before = [neighbour.processID] + Processes.descendants(of: neighbour.processID)
        let times = before.map(Processes.startTime)
        let end = try host.run(["sh", "-c", "sleep 100 & kill -9 -1; sleep 0; echo left: $(jobs -r | wc -l)"])
        #expect(end.output == "left: 0\n")
        #expect(before.map(Processes.startTime) == times)
        #expect(before.allSatisfy(Processes.isAlive))
    }
}
