import Foundation
import Glibc
import JSON
import Testing

/// All attempts of the probe, made in one sandbox beside a running neighbour.
struct ProbeRun {
    /// What an attempt is known by.
    struct Key: Hashable {
        let id: String
        let act: String
    }

    /// The outcomes in the table's spelling.
    let direct: [Key: String]
    let forked: [Key: String]
    /// The outcomes outside of any sandbox of asking for protocols that this kernel may lack.
    let outside: [Key: String]
    /// What the neighbour said, and what it says when somebody reached it.
    let neighbour: String

    /// The one run of this process for each way of starting.
    static func shared(_ starting: Starting) throws -> ProbeRun {
        switch starting {
        case .root: try byRoot.get()
        case .unprivileged: try byUser.get()
        }
    }

    private static let byRoot = Result { try ProbeRun(.root) }
    private static let byUser = Result { try ProbeRun(.unprivileged) }

    private init(_ starting: Starting) throws {
        let host = try Host(starting)
        let objects = try HostObjects()
        let other = try host.start(
            [host.stage.probe, "--serve"], Host.Options(profile: "neighbour", port: host.secondPort))
        try other.waitForOutput("ready")
        let secret = UUID().uuidString
        let workspace = host.stateDirectory("neighbour") + "/workspace-neighbour"
        try Files.makeDirectory(workspace, mode: 0o700, owner: Host.payloadUser)
        for directory in [host.stateDirectory("neighbour"), workspace] {
            try Files.write(secret, to: directory + "/secret", mode: 0o600, owner: Host.payloadUser)
        }
        try Files.makeDirectory(host.home + "/.ssh", owner: Host.payloadUser)
        try Files.write(secret, to: host.home + "/.ssh/id", mode: 0o644, owner: Host.payloadUser)
        let processes = [other.processID] + Processes.descendants(of: other.processID)
        var options = Host.Options()
        for (name, value) in [
            ("NEIGHBOUR_PORT", "\(host.secondPort)"), ("NEIGHBOUR_STATE", host.stateDirectory("neighbour")),
            ("NEIGHBOUR_PROCESSES", processes.colonized),
            ("NEIGHBOUR_SOCKET", try #require(Files.read(host.stateDirectory("neighbour") + "/socket-name"))),
            ("NEIGHBOUR_HANDLE", Files.handle(of: host.stateDirectory("neighbour") + "/secret").colonized),
            ("HOST_PROCESSES", [getpid(), getppid()].colonized), ("HOST_SOCKET", objects.socketName),
            ("HOST_MEMORY_KEY", "\(objects.memoryKey)"),
            ("HOST_FILES", "\(host.home)/.ssh/id:/etc/shadow:/root/.bashrc:\(host.configuration)/profiles/p.json"),
        ] {
            options.more += ["--env", "PROBE_\(name)=\(value)"]
        }
        let siblings = try Self.siblings(host)
        direct = try Self.outcomes(host.run([host.stage.probe, "all"], options)).merging(siblings.direct) { $1 }
        forked = try Self.outcomes(host.run([host.stage.probe, "--forked", "all"], options))
            .merging(siblings.forked) { $1 }
        neighbour = other.output
        let identity = geteuid() == 0 ? Host.becomingUser : []
        let protocols = identity + [host.stage.probe, "N18", "N19", "N20", "N21", "N22"]
        outside = try Self.outcomes(
            Running(protocols.map { Array($0.utf8) }, files: "\(host.root)/output", Running.Setup()).wait())
    }

    /// The attempts of a payload's siblings.
    private static func siblings(_ host: Host) throws -> (direct: [Key: String], forked: [Key: String]) {
        let end = try host.run(
            SiblingTests.python(
                #"""
                open(STATE + "/secret", "w").close()
                program = sys.argv[1]
                for more in [[], ["--forked"]]:
                    words = ["--sibling", STATE, str(PORT)] + more + ["all"]
                    sibling = ask(None, {"kind": "browser", "program": program, "arguments": words})
                    event = sibling.event()
                    if event != {"event": "started"}: sys.exit(json.dumps(event))
                    sys.stdout.write("\f" + sibling.said())
                """#) + [host.stage.probe], SiblingTests.options(host, programs: [host.stage.probe]))
        guard end.code == 0 else { throw Running.Overdue(command: "isolation-probe --sibling", output: end.errors) }
        let runs = end.output.split(separator: "\u{0C}", omittingEmptySubsequences: false).map(String.init)
        guard runs.count == 3 else { throw Running.Overdue(command: "isolation-probe --sibling", output: end.output) }
        return (try outcomes(of: runs[1]), try outcomes(of: runs[2]))
    }

    static func outcomes(_ end: Running.Ended) throws -> [Key: String] {
        guard end.code == 0 else { throw Running.Overdue(command: "isolation-probe all", output: end.errors) }
        return try outcomes(of: end.output)
    }

    private static func outcomes(of output: String) throws -> [Key: String] {
        var outcomes: [Key: String] = [:]
        for line in output.split(separator: "\n") {
            let record = try JSON(parsing: Array(line.utf8))
            let key = Key(id: record["id"]?.string ?? "", act: record["act"]?.string ?? "")
            outcomes[key] =
                record["errno"]?.string
                ?? (["OK"] + [record["value"]?.string].compactMap { $0 }).joined(separator: " = ")
        }
        return outcomes
    }
}

extension Array where Element: BinaryInteger {
    /// The numbers with colons between them.
    fileprivate var colonized: String { map { String($0) }.joined(separator: ":") }
}
