import Foundation
import Glibc
import JSON
import Testing

/// `matrix` starts profiles with probes, and tells what they could do to each other.
@Suite(.recorded) struct MatrixTests {
    private func matrix(_ host: Host, _ words: [String]) throws -> (end: Running.Ended, json: JSON) {
        let end = try host.plain(["matrix", "--json"] + words + host.userOption)
        try #require(!end.output.isEmpty, "\(end.code ?? -1), signal \(end.signal ?? 0): \(end.errors)")
        return (end, try JSON(parsing: end.outputBytes))
    }

    private func cells(_ json: JSON) -> [JSON] { json["cells"]?.array ?? [] }

    private func write(_ bases: [String: UInt16], on host: Host) throws {
        let owner = host.starting == .root ? 0 : Host.payloadUser
        for directory in [host.configuration, "\(host.configuration)/profiles"] {
            try Files.makeDirectory(directory, owner: owner)
        }
        for (name, base) in bases {
            try Files.write(
                "{\"basePort\": \(base), \"stateDirectory\": \"\(host.stateDirectory(name))\"}",
                to: "\(host.configuration)/profiles/\(name).json", mode: 0o600, owner: owner)
        }
    }

    @Test(arguments: Starting.available)
    func `two profiles are refused everything of each other's, and permitted their own`(starting: Starting) throws {
        let host = try Host(starting)
        try write(["a": host.basePort, "b": host.secondPort], on: host)
        let (end, json) = try matrix(host, ["a", "b"])
        #expect(end.code == 0, "\(end.errors)")
        #expect(json["holds"] == true)
        #expect(cells(json).compactMap { $0["from"]?.string } == ["a", "a", "b", "b"])
        for cell in cells(json) {
            let isOwn = cell["from"] == cell["to"]
            let results = try #require(cell["results"]?.array)
            #expect(results.count >= (isOwn ? 15 : 35))
            #expect(results.allSatisfy { $0["holds"] == true })
            // What is refused to the other is there to be had: its owner gets it.
            let refused = results.filter { $0["outcome"]?.string != "success" }
            #expect(isOwn ? refused.count == 3 : refused.count == results.count)
            #expect(Set(results.compactMap { $0["kind"]?.string }).count == 7)
        }
        let text = try host.plain(["matrix", "a", "b"] + host.userOption)
        #expect(text.output.contains("FROM \\ TO  a") && text.output.contains("own  "))
        #expect(text.output.components(separatedBy: "refused 39/39").count == 3, "\(text.output)")
        #expect(text.output.contains("user ID \(Host.payloadUser) is shared by a, b: "), "\(text.output)")
        #expect(json["sharedUserIDs"]?.array?.first?["uid"]?.integer == Int64(Host.payloadUser))
        for name in ["a", "b"] {
            #expect(try FileManager.default.contentsOfDirectory(atPath: host.stateDirectory(name)).isEmpty)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives user IDs"))
    func `profiles with user IDs of their own share none`() throws {
        let host = try Host(.root)
        try write(["a": host.basePort, "b": host.secondPort], on: host)
        let end = try host.plain(["matrix", "--json", "a", "b"])
        let json = try JSON(parsing: end.outputBytes)
        #expect(end.code == 0, "\(end.errors)")
        #expect(json["holds"] == true && cells(json).count == 4)
        #expect(json["sharedUserIDs"]?.array?.isEmpty == true)
    }

    @Test(arguments: Starting.available)
    func `without names all profiles take part`(starting: Starting) throws {
        let host = try Host(starting)
        try write(["a": host.basePort, "b": host.secondPort], on: host)
        // An administrator's profiles for everybody are among them, and may be none that this user can start.
        let all = try JSON(parsing: host.plain(["profile", "--json"]).outputBytes).array ?? []
        let (_, json) = try matrix(host, [])
        #expect(
            json["profiles"]?.array?.compactMap { $0["profile"]?.string }
                == all.compactMap { $0.object?.members[0].name })
        let own = cells(json).filter {
            ["a", "b"].contains($0["from"]?.string) && ["a", "b"].contains($0["to"]?.string)
        }
        #expect(own.count == 4 && own.allSatisfy { $0["holds"] == true })
    }

    @Test(arguments: Starting.available)
    func `an instance that runs is looked for and left alone`(starting: Starting) throws {
        let host = try Host(starting)
        let running = try host.start([host.stage.probe, "--serve"])
        try running.waitForOutput("ready")
        try write(["b": host.secondPort], on: host)
        let start = Processes.startTime(running.processID)
        let (end, json) = try matrix(host, ["p", "b"])
        #expect(end.code == 0, "\(end.errors)")
        let parts = json["profiles"]?.array?.compactMap { $0["part"]?.string }
        #expect(parts == ["live", "probed"])
        #expect(cells(json).map { "\($0["from"]?.string ?? "") \($0["to"]?.string ?? "")" } == ["b p", "b b"])
        #expect((cells(json).first?["results"]?.array?.count ?? 0) >= 30)
        #expect(Processes.startTime(running.processID) == start)
        // It says so when somebody connects to it, and nobody could.
        #expect(running.output == "ready\n")
    }

    @Test(arguments: Starting.available)
    func `what is given up by name is reached, named, and told by the exit status`(starting: Starting) throws {
        let host = try Host(starting)
        try write(["a": host.basePort, "b": host.secondPort], on: host)
        let (end, json) = try matrix(host, ["a", "b", "--allow-degraded=landlock-net,landlock-scope"])
        #expect(end.code == 125)
        #expect(json["holds"] == false)
        let reached = cells(json).first { $0["from"] == "a" && $0["to"] == "b" }?["results"]?.array?
            .filter { $0["holds"] == false }
        #expect(Set(reached?.compactMap { $0["kind"]?.string } ?? []) == ["connections", "sockets"])
        #expect(reached?.allSatisfy { $0["outcome"] == "success" } == true)
        let text = try host.plain(
            ["matrix", "a", "b", "--allow-degraded=landlock-net,landlock-scope"] + host.userOption)
        #expect(text.output.contains("REACHED 4/39"), "\(text.output)")
        #expect(text.output.contains("FAIL a on b: connect to port \(host.secondPort)/tcp: success"))
    }

    @Test(arguments: Starting.available)
    func `a profile that does not start has a row that says why`(starting: Starting) throws {
        let host = try Host(starting)
        try write(["a": host.basePort, "b": host.secondPort], on: host)
        let script =
            "import socket, time; s = socket.create_server(('127.0.0.1', \(host.secondPort))); print('ready', flush=True); time.sleep(1000)"
        let stranger = try Running(
            ["/usr/bin/python3", "-c", script].map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup())
        try stranger.waitForOutput("ready")
        let (end, json) = try matrix(host, ["a", "b"])
        #expect(end.code == 125)
        #expect(end.errors.contains("port \(host.secondPort) is in use"), "\(end.output)")
        #expect(json["profiles"]?.array?.compactMap { $0["part"]?.string } == ["probed", "failed"])
        // The other's own still works, and nobody is left behind.
        #expect(cells(json).count == 1 && cells(json).first?["holds"] == true)
        stranger.send(SIGKILL)
        try stranger.wait()
        #expect(try matrix(host, ["a", "b"]).end.code == 0)
    }

    @Test(arguments: [["--port", "20000"], ["--profile", "a"], ["--state-dir", "/tmp/x"], ["../x"], ["--", "true"]])
    func `matrix refuses what would be one profile's`(words: [String]) throws {
        let host = try Host(.unprivileged)
        let end = try host.plain(["matrix"] + words)
        #expect(end.code == 2)
        #expect(end.sentences.count == 1)
    }
}
