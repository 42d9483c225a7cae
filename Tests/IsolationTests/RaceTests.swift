import Foundation
import Glibc
import Testing

/// F: what somebody changes on the host while a sandbox is built.
@Suite(.recorded) struct RaceTests {
    /// A directory that changes places with a link, and the option under which a start meets it.
    static let exchanges: [(what: String, starts: Int)] = [
        ("state directory", 100), ("workspace", 100), ("component above", 50),
    ]

    /// A directory that nobody may get into, with a secret in it.
    private func makeTarget(_ host: Host) throws -> String {
        let target = "\(host.root)/output/target"
        for path in [target, "\(target)/inner"] {
            try Files.makeDirectory(path, mode: 0o700, owner: Host.payloadUser)
            try Files.write("secret", to: "\(path)/secret", owner: Host.payloadUser)
        }
        return target
    }

    @Test(arguments: Starting.available, exchanges)
    func `a directory that changes places with a link meanwhile never shows the link's target`(
        starting: Starting, exchange: (what: String, starts: Int)
    ) throws {
        let host = try Host(starting)
        let target = try makeTarget(host)
        let directory = "\(host.home)/there"
        for path in [directory, "\(directory)/inner"] {
            try Files.makeDirectory(path, mode: 0o700, owner: Host.payloadUser)
        }
        try Files.makeLink("\(host.home)/other", to: target, owner: Host.payloadUser)
        var options = Host.Options()
        switch exchange.what {
        case "state directory": options.more = ["--state-dir", directory]
        case "workspace": options.more = ["--workspace", directory]
        default: options.more = ["--state-dir", "\(directory)/inner"]
        }
        // renameat2(2) with RENAME_EXCHANGE, as fast as it goes; sometimes it rests, so that starts succeed too.
        let script = """
            import ctypes, random, time
            libc = ctypes.CDLL(None)
            print("ready", flush=True)
            while True:
                for _ in range(random.randrange(1, 200)): libc.renameat2(-100, b"\(directory)", -100, b"\(host.home)/other", 2)
                time.sleep(random.random() / 100)
            """
        let exchanging = try Running(
            ["/usr/bin/python3", "-c", script].map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup())
        try exchanging.waitForOutput("ready")
        var codes: [Int32: Int] = [:]
        let look = """
            for d in $MAZELCLAW_STATE_DIR $MAZELCLAW_WORKSPACE; do ls -A $d; touch $d/touched; done 2> /dev/null; true
            """
        for _ in 0..<exchange.starts {
            let end = try host.run(["sh", "-c", look], options)
            #expect(!end.output.contains("secret"))
            codes[end.code ?? -1, default: 0] += 1
        }
        exchanging.send(SIGKILL)
        try exchanging.wait()
        #expect(!Files.exists("\(target)/touched") && !Files.exists("\(target)/inner/touched"))
        #expect(codes.keys.allSatisfy { [0, 125].contains($0) }, "\(codes)")
        // Both kinds of end, or there was no race.
        #expect(codes[0] != nil && codes[125] != nil, "\(codes)")
    }

    /// What happens to a directory right before init is made, when everything has been looked at.
    struct Change: CustomTestStringConvertible {
        let name: String
        /// The option under which a start meets the directory.
        var option = ""
        /// Shell: `$D` is the directory, `$T` one with a secret, `$N` a name beside.
        let script: String
        /// What the refusal says.
        let words: String
        var testDescription: String { "\(option): \(name)" }
    }

    static let changes = [
        Change(name: "a link to a secret", script: "mv $D $N; ln -s $T $D", words: "symbolic link"),
        Change(name: "a link back to itself", script: "mv $D $N; ln -s $N $D", words: "symbolic link"),
        Change(name: "a secret", script: "mv $D $N; cp -a $T $D", words: "was replaced while"),
        Change(name: "an empty directory", script: "mv $D $N; cp -a $N $D", words: "was replaced while"),
        Change(name: "a file", script: "mv $D $N; : > $D; chmod 700 $D", words: "is no directory"),
        Change(name: "nothing", script: "mv $D $N", words: "ENOENT"),
    ].flatMap { change in
        ["--state-dir", "--workspace", "--bind"].map {
            Change(name: change.name, option: $0, script: change.script, words: change.words)
        }
    }

    @Test(arguments: Starting.available, changes)
    func `what is exchanged after it was looked at is refused`(starting: Starting, change: Change) throws {
        let option = change.option
        let host = try Host(starting)
        let target = try makeTarget(host)
        let directory = "\(host.home)/there"
        try Files.makeDirectory(directory, mode: 0o700, owner: Host.payloadUser)
        var options = Host.Options()
        options.more = [option, option == "--bind" ? "\(directory):/data" : directory]
        // clone(2) makes init: the launcher's last look is behind it then, and init's own is to come.
        let script = "set -e; D=\(directory) T=\(target) N=\(host.home)/beside; \(change.script)"
        options.rootWrapper = [host.stage.probe, "--before", "56", script]
        let look = "cat \(directory)/secret /data/secret; touch \(directory)/touched /data/touched"
        let end = try host.run(["sh", "-c", look], options)
        #expect(end.code == 125, "\(end.errors)")
        #expect(!end.output.contains("secret"))
        let words = option == "--bind" && change.name == "a file" ? "was replaced while" : change.words
        #expect(end.sentences.last?.contains(words) == true, "\(end.errors)")
        #expect(end.sentences.last?.contains(directory) == true)
        #expect(!Files.exists("\(target)/touched") && !Files.exists("\(directory)/touched"))
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root can mount on the host"), arguments: Starting.available,
        ["--state-dir", "--workspace", "--bind"])
    func `a mount made after it was looked at is refused`(starting: Starting, option: String) throws {
        let host = try Host(starting)
        let target = try makeTarget(host)
        let directory = "\(host.home)/there"
        try Files.makeDirectory(directory, mode: 0o700, owner: Host.payloadUser)
        var options = Host.Options()
        options.more = [option, option == "--bind" ? "\(directory):/data" : directory]
        options.rootWrapper = [
            "unshare", "-m", host.stage.probe, "--before", "56", "mount --bind \(target) \(directory)",
        ]
        let end = try host.run(["sh", "-c", "cat \(directory)/secret /data/secret"], options)
        #expect(end.code == 125, "\(end.errors)")
        #expect(end.output.isEmpty)
        #expect(end.sentences.last?.contains("was replaced while") == true, "\(end.errors)")
    }

    @Test(arguments: Starting.available)
    func `a start that is stopped on its way and left alone goes on`(starting: Starting) throws {
        let host = try Host(starting)
        var options = Host.Options()
        options.rootWrapper = [host.stage.probe, "--before", "56", "true"]
        let end = try host.run(["sh", "-c", "echo ran; exit 7"], options)
        #expect(end.output == "ran\n")
        #expect(end.code == 7)
    }
}
