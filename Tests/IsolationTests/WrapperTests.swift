import Foundation
import Glibc
import Testing

/// A script of `wrapper`, as a service runs it whose program can be replaced.
@Suite struct WrapperTests {
    /// Writes the script for `command` and returns its path.
    private func wrapper(_ host: Host, _ command: [String], _ more: [String] = []) throws -> String {
        let file = "\(host.root)/output/wrapper"
        let words = [
            "wrapper", "--output", file, "--profile", "p", "--port", "\(host.basePort)", "--state-dir",
            host.stateDirectory(),
        ]
        let made = try host.plain(words + host.userOption + more + ["--"] + command)
        #expect(made.code == 0, "\(made.errors)")
        #expect(made.output == "wrote \(file)\n")
        return file
    }

    /// Runs the script with `words`, as whoever starts launchers on `host`.
    private func start(
        _ host: Host, _ script: String, _ words: [String], _ receiver: NotificationReceiver? = nil
    ) throws -> Running {
        var options = receiver.map { Host.Options(notifying: $0) } ?? Host.Options()
        options.launcher = script
        return try host.background(words, options)
    }

    @Test(arguments: Starting.available)
    func `arguments are added, and the exit status is the program's`(starting: Starting) throws {
        let host = try Host(starting)
        let script = try wrapper(host, ["sh", "-c", #"printf '<%s>' "$@"; exit 7"#, "-", "it's one"])
        let end = try start(host, script, ["two words", "$HOME", "--", ""]).wait()
        #expect(end.output == "<it's one><two words><$HOME><--><>")
        #expect(end.code == 7)
    }

    @Test func `what a start would refuse is told when the script is written`() throws {
        let host = try Host(Starting.available[0])
        #expect(try host.plain(["wrapper", "--profile", "p"] + host.userOption).code == 2)
        let relative = try host.plain(["wrapper", "--profile", "p"] + host.userOption + ["--", "bin/server"])
        #expect(relative.code == 2)
        #expect(relative.errors.contains("give the whole path"))
        let words = ["wrapper", "--profile", "p", "--policy", "nonesuch"] + host.userOption
        #expect(try host.plain(words + ["--", "true"]).code == 78)
    }

    /// What a gateway on Node does: it has workers, children and terminals, asks for the host's interfaces, tells its
    /// service manager, ends itself with codes of its own and drains at SIGTERM.
    @Test(.enabled(if: Files.exists("/usr/bin/node"), "node is not installed"), arguments: Starting.available)
    func `an unmodified server on Node runs as a service would run it`(starting: Starting) throws {
        let host = try Host(starting)
        let place = "\(host.root)/server"
        try Files.makeDirectory(place)
        try Files.write(Self.server, to: "\(place)/server.js")
        let receiver = try NotificationReceiver(host)
        let script = try wrapper(host, ["/usr/bin/node", "\(place)/server.js"], ["--bind-ro", place])
        let words = ["gateway", "--port", "\(host.basePort)"]
        let running = try start(host, script, words, receiver)
        #expect(receiver.next(seconds: 30)?.text == "READY=1")
        #expect(try TCP.accepts("127.0.0.1", host.basePort))
        #expect(
            running.output.hasPrefix("worker\nlo\nchild\n/dev/pts/0\ngateway\n"), "\(running.output)\(running.errors)")
        running.send(SIGTERM)
        let end = try running.wait()
        #expect(end.code == 0)
        #expect(end.output.hasSuffix("draining\n"))
        // Its own codes: one as they are, one that systemd would take for the launcher's.
        for (code, told) in [(5, 5), (78, 1)] as [(Int32, Int32)] {
            let failing = try start(host, script, words + ["--exit", "\(code)"], receiver)
            #expect(try failing.wait().code == told)
        }
    }

    private static let server = """
        const http = require("http"), os = require("os"), child = require("child_process")
        const { Worker, isMainThread, parentPort } = require("worker_threads")
        const option = name => process.argv[process.argv.indexOf(name) + 1]
        if (!isMainThread) parentPort.postMessage("worker")
        else if (process.argv.includes("--exit")) process.exit(Number(option("--exit")))
        else new Worker(__filename).on("message", message => {
            console.log(message)
            console.log(Object.keys(os.networkInterfaces()).filter(name => name === "lo").join())
            console.log(child.execFileSync("sh", ["-c", "echo child"]).toString().trim())
            const pty = "import pty; pty.spawn(['tty'])"
            console.log(child.execFileSync("/usr/bin/python3", ["-c", pty]).toString().trim())
            console.log(process.argv[2])
            http.createServer((request, response) => response.end("hello")).listen(
                Number(option("--port")), "127.0.0.1", () => child.spawnSync("systemd-notify", ["--ready"]))
            process.on("SIGTERM", () => { console.log("draining"); process.exit(0) })
        })
        """
}
