import CProbe
import Foundation
import Glibc
import JSON
import Synchronization
import Testing

/// A host of its own for launchers: directories, base ports, and all that was started on it.
final class Host {
    static let payloadUser: UInt32 = geteuid() == 0 ? 61234 : getuid()
    private static let count = Mutex(Int(getpid()))

    let starting: Starting
    let stage: Stage
    /// The directory everything of this host is in.
    let root: String
    /// The payload user's home directory.
    var home: String { "\(root)/home" }
    var configuration: String { "\(root)/config/mazelclaw" }
    var locks: String { "\(root)/state/mazelclaw/locks" }
    /// The base port of profile `p`.
    let basePort: UInt16
    /// A base port for a second profile, whose ports are all others.
    var secondPort: UInt16 { basePort + 128 }
    /// And for a third.
    var thirdPort: UInt16 { basePort + 256 }
    /// Keeps other hosts, of other test processes too, off these ports.
    private let slot: Int32

    init(_ starting: Starting) throws {
        self.starting = starting
        Report.startings?.insert(starting)
        stage = try Stage.shared.get()
        (root, basePort, slot) = Self.place(stage.root)
        let launchingUser = starting == .root ? getuid() : Self.payloadUser
        try Files.makeDirectory(root)
        try Files.makeDirectory(home, owner: Self.payloadUser)
        for name in ["config", "state"] {
            try Files.makeDirectory("\(root)/\(name)", owner: launchingUser)
        }
        try Files.makeDirectory("\(root)/output", mode: 0o777)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: root)
        close(slot)
    }

    /// A directory name, and a base port whose slot no other host on this machine has, with ports that nobody holds.
    private static func place(_ root: String) -> (String, UInt16, Int32) {
        while true {
            let number = count.withLock { count in
                count += 1
                return count
            }
            // 31 slots, each for three disjoint profiles, lie between what launchers choose by themselves, from 20000 on, and
            // the kernel's ephemeral ports.
            let base = UInt16(20384 + 384 * (number % 31))
            let slot = open("/var/tmp/mazelclaw-ports-\(base).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            if slot >= 0, flock(slot, LOCK_EX | LOCK_NB) == 0,
                [base, base + 128, base + 256].allSatisfy({ ($0...$0 + 110).allSatisfy(isFree) })
            {
                return ("\(root)/\(number)", base, slot)
            }
            close(slot)
            usleep(1000)
        }
    }

    /// A copy of the gateway's policy beside which no compiled filter is kept: each start compiles its own.
    func policyToCompile() throws -> String {
        try policy("gateway.json", replacing: "\"hostname\": \"mazelclaw\"", with: "\"hostname\": \"mazelclaw\"")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        // SOCK_CLOEXEC: a program another test starts just now would hold the port for as long as it runs.
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | 0o2000000, 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, 16) == 0 }
        }
    }

    func stateDirectory(_ profile: String = "p") -> String { "\(home)/.mazelclaw-\(profile)" }

    /// The environment a launcher on this host starts with.
    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": home, "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": "\(root)/config", "XDG_STATE_HOME": "\(root)/state",
        ]
    }

    /// What one start differs in from the usual.
    struct Options {
        var profile = "p"
        var port: UInt16?
        /// More options of the launcher.
        var more: [String] = []
        /// A program with arguments that the launcher's command line is given to.
        var wrapper: [String] = []
        /// The same, but run as root even when the launcher is not.
        var rootWrapper: [String] = []
        /// Another launcher than the stage's.
        var launcher: String?
        var setup = Running.Setup()
    }

    /// Starts a payload.
    func start(_ command: [String], _ options: Options = Options()) throws -> Running {
        try start(command.map { Array($0.utf8) }, options)
    }

    func start(_ command: [[UInt8]], _ options: Options = Options()) throws -> Running {
        let words = defaults(options) + options.more + ["--bind-ro", "\(stage.root)/probe"]
        return try launch(words.map { Array($0.utf8) } + [Array("--".utf8)] + command, options)
    }

    /// Starts a payload and waits for its end.
    func run(_ command: [String], _ options: Options = Options()) throws -> Running.Ended {
        try start(command, options).wait()
    }

    /// Runs the launcher with `words` and the usual profile, port, user and state directory.
    func command(_ words: [String], _ options: Options = Options()) throws -> Running.Ended {
        let words = words + defaults(options) + options.more
        return try launch(words.map { Array($0.utf8) }, options).wait()
    }

    /// Runs the launcher with `words` alone.
    func plain(_ words: [String], _ options: Options = Options()) throws -> Running.Ended {
        try background(words, options).wait()
    }

    /// Starts the launcher with `words` alone.
    func background(_ words: [String], _ options: Options = Options()) throws -> Running {
        try launch(words.map { Array($0.utf8) }, options)
    }

    private func defaults(_ options: Options) -> [String] {
        let port = options.port ?? (options.profile == "p" ? basePort : nil)
        return ["--profile", options.profile, "--state-dir", stateDirectory(options.profile)]
            + (port.map { ["--port", "\($0)"] } ?? []) + userOption
    }

    var userOption: [String] { starting == .root ? ["--user", "\(Self.payloadUser):\(Self.payloadUser)"] : [] }

    private func launch(_ words: [[UInt8]], _ options: Options) throws -> Running {
        var setup = options.setup
        setup.environment.merge(environment) { given, _ in given }
        let identity = starting == .unprivileged && geteuid() == 0 ? Self.becomingUser : []
        let before =
            Self.hidingProfiles + options.rootWrapper + identity + options.wrapper
            + [options.launcher ?? stage.launcher]
        return try Running(before.map { Array($0.utf8) } + words, files: "\(root)/output", setup)
    }

    /// What hides the profiles of a host in use from root's command line, which is to see those of the test alone. Who is
    /// not root cannot hide them.
    private static let hidingProfiles: [String] =
        geteuid() == 0 && Files.exists("/etc/mazelclaw")
        ? [
            "unshare", "--mount", "--propagation", "private", "--", "sh", "-c",
            "mount -t tmpfs none /etc/mazelclaw && exec \"$@\"", "-",
        ] : []

    /// What makes root's command line the payload user's.
    static var becomingUser: [String] {
        ["setpriv", "--reuid", "\(payloadUser)", "--regid", "\(payloadUser)", "--clear-groups", "--"]
    }

    /// Makes a profile's state directory before the first start.
    func makeState(_ profile: String = "p") throws {
        try Files.makeDirectory(stateDirectory(profile), mode: 0o700, owner: Self.payloadUser)
    }

    /// Writes a profile's file as its owner would, from its base port (profile `p`'s unless given) and more keys.
    @discardableResult
    func writeProfile(_ name: String = "p", basePort: UInt16? = nil, keys: String = "") throws -> String {
        let owner = starting == .root ? getuid() : Self.payloadUser
        for directory in [configuration, "\(configuration)/profiles"] {
            try Files.makeDirectory(directory, owner: owner)
        }
        let file = "\(configuration)/profiles/\(name).json"
        let more = keys.isEmpty ? "" : ", \(keys)"
        try Files.write("{\"basePort\": \(basePort ?? self.basePort)\(more)}", to: file, mode: 0o600, owner: owner)
        return file
    }

    /// A copy of the gateway's policy, one of whose two files is changed, at a place of the launching user's; its path.
    func policy(_ file: String, replacing old: String, with new: String, mode: UInt32 = 0o644) throws -> String {
        let directory = "\(root)/policies"
        let user = starting == .root ? 0 : Self.payloadUser
        try Files.makeDirectory(directory, owner: user)
        for name in ["gateway.json", "gateway.seccomp.json"] {
            var text = try #require(Files.read("\(stage.policies)/\(name)"))
            if name == file {
                #expect(text.contains(old))
                text = text.replacingOccurrences(of: old, with: new)
            }
            try Files.write(text, to: "\(directory)/\(name)", mode: name == file ? mode : 0o644, owner: user)
        }
        return "\(directory)/gateway.json"
    }

    /// A status file for `--status-fd 3`.
    func status(_ options: inout Options) -> String {
        let file = "\(root)/output/\(UUID().uuidString).status"
        options.setup.descriptors[3] = file
        options.setup.written.insert(3)
        options.more += ["--status-fd", "3"]
        return file
    }

    /// The events in a status file.
    static func events(_ file: String) throws -> [JSON] {
        try (Files.read(file) ?? "").split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
    }
}
