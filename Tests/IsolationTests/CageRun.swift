import Foundation
import Glibc
import Testing

/// Where a tool is called.
enum CagePlace: String, CaseIterable, CustomTestStringConvertible {
    /// Outside of any sandbox, by root.
    case root
    /// Outside of any sandbox, by an unprivileged user.
    case unprivileged
    /// In the sandbox of a gateway.
    case sandboxed

    static var available: [CagePlace] { geteuid() == 0 ? allCases : [.unprivileged, .sandboxed] }
    /// Those outside of a sandbox.
    static var bare: [CagePlace] { available.filter { $0 != .sandboxed } }

    var testDescription: String { rawValue }
}

/// A gateway's directories, and calls of its tools.
struct CageHost {
    let place: CagePlace
    let host: Host
    let state: String
    var workspace: String { "\(state)/workspace" }
    var helper: String {
        place == .sandboxed ? "/opt/mazelclaw/bin/mazelclaw-tool" : "\(host.stage.root)/stage/bin/mazelclaw-tool"
    }

    init(_ place: CagePlace) throws {
        self.place = place
        host = try Host(place == .root ? .root : .unprivileged)
        state = host.stateDirectory()
        let owner = place == .root ? getuid() : Host.payloadUser
        for directory in [state, "\(state)/workspace"] {
            try Files.makeDirectory(directory, mode: 0o700, owner: owner)
        }
        try Files.write("secret", to: "\(state)/secret", mode: 0o600, owner: owner)
        try Files.write("own", to: "\(state)/workspace/own", owner: owner)
    }

    /// Starts `command` where the gateway would run.
    func start(_ command: [String], input: String? = nil) throws -> Running {
        var setup = Running.Setup()
        if let input {
            let file = "\(host.root)/output/\(UUID().uuidString).in"
            try Files.write(input, to: file)
            setup.descriptors[0] = file
        }
        setup.environment = ["PATH": "/usr/bin:/bin"]
        if place == .sandboxed {
            var options = Host.Options()
            options.setup = setup
            return try host.start(command, options)
        }
        let identity = place == .unprivileged && geteuid() == 0 ? Host.becomingUser : []
        return try Running((identity + command).map { Array($0.utf8) }, files: "\(host.root)/output", setup)
    }

    /// The command line of a call.
    func call(_ kind: String, options: [String] = [], _ command: [String]) -> [String] {
        [helper, "--kind", kind, "--workspace", workspace, "--keep-out", state] + options
            + (command.isEmpty ? [] : ["--"] + command)
    }

    func run(_ kind: String, options: [String] = [], _ command: [String]) throws -> Running.Ended {
        try start(call(kind, options: options, command)).wait()
    }

    /// Has the helper do an operation on files.
    func operate(_ kind: String, _ request: String) throws -> Running.Ended {
        try start(call(kind, []), input: request).wait()
    }
}

/// All attempts of an agent that was talked into it, made in one place.
struct CageRun {
    let outcomes: [ProbeRun.Key: String]

    static func shared(_ place: CagePlace) throws -> CageRun {
        switch place {
        case .root: try byRoot.get()
        case .unprivileged: try byUser.get()
        case .sandboxed: try inSandbox.get()
        }
    }

    private static let byRoot = Result { try CageRun(.root) }
    private static let byUser = Result { try CageRun(.unprivileged) }
    private static let inSandbox = Result { try CageRun(.sandboxed) }

    private init(_ place: CagePlace) throws {
        let cage = try CageHost(place)
        let gateway = try #require(Files.read(Self.script("cage-gateway.py")))
        let attempts = try #require(Files.read(Self.script("cage-attempts.py")))
        let end = try cage.start(
            ["/usr/bin/python3", "-c", gateway, cage.helper, cage.state, "\(cage.host.basePort)", attempts]
        ).wait()
        guard end.code == 0 else { throw Running.Overdue(command: "cage-gateway.py", output: end.output + end.errors) }
        outcomes = Dictionary(
            end.output.split(separator: "\n").map { line in
                let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                return (
                    ProbeRun.Key(id: fields[0], act: fields.count > 1 ? fields[1] : ""),
                    fields.count > 2 ? fields[2] : ""
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    private static func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: name).path
    }
}
