import Foundation
import Glibc
import Policy
import Profiles
import Testing

@testable import Enforcement

private let isRoot = getuid() == 0

/// Which profile a start is of, what is written down for it, and whom its payload runs as: with the host's directories in a
/// place of their own.
@Suite struct LaunchTests {
    private final class Host {
        let root = NSTemporaryDirectory() + "mazelclaw-launch-\(UUID().uuidString)"
        let caller: Caller

        init() throws {
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
            let root = root
            let variables = ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"]
                .compactMap { EnvironmentVariable(name: $0, value: "\(root)/\($0)") }
            caller = try Caller(environment: variables, executable: .root / "usr/bin/mazelclaw-run")
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        var store: ProfileStore { ProfileStore(directories: caller.directories) }

        func write(_ text: String, to name: ProfileName, mode: Int = 0o600) throws {
            let file = store.file(of: name).text
            try FileManager.default.createDirectory(
                atPath: store.file(of: name).parent.text, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: file))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        }

        func launch(
            _ name: ProfileName, creating: Bool = false, _ change: (inout LaunchOptions) -> Void = { _ in }
        ) throws(LaunchError) -> Launch {
            var options = LaunchOptions(profile: name)
            change(&options)
            return try Launch(options, by: caller, creating: creating)
        }
    }

    private let name: ProfileName

    init() throws { name = try #require(ProfileName("launch-test")) }

    private func sentence(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `the caller's directories are where its variables say`() throws {
        let host = try Host()
        #expect(host.caller.directories.configuration.text == host.root + "/XDG_CONFIG_HOME/mazelclaw")
        #expect(host.caller.directories.state.text == host.root + "/XDG_STATE_HOME/mazelclaw")
    }

    @Test func `without creating, a missing profile is what it would be, and nothing is written`() throws {
        let host = try Host()
        let launch = try host.launch(name)
        #expect(launch.isNew)
        #expect(PortSet.validBases.contains(launch.profile.basePort))
        #expect(try FileManager.default.contentsOfDirectory(atPath: host.root).isEmpty)
    }

    @Test func `a first start writes down where its files are, and not what it alone was given`() throws {
        let host = try Host()
        let place = try #require(AbsolutePath(host.root + "/work"))
        func change(_ options: inout LaunchOptions) {
            options.overrides.policy = "tool"
            options.overrides.workspace = place
            options.overrides.binds = [BindMount(source: place, destination: place, isWritable: false)]
            options.start.allowsRoot = true
        }
        let first = try host.launch(name, creating: true, change)
        #expect(first.isNew)
        #expect(first.profile.policy == "tool")
        #expect(first.profile.binds.count == 1)
        let kept = try #require(try host.store.load(name))
        #expect(kept.policy == "gateway")
        #expect(kept.binds.isEmpty)
        #expect(kept.workspace == place)
        #expect(kept.basePort == first.profile.basePort)
        let second = try host.launch(name, creating: true, change)
        #expect(!second.isNew)
        #expect(second.profile.basePort == first.profile.basePort)
        #expect(second.profile.binds == first.profile.binds)
        #expect(try host.store.load(name) == kept)
    }

    @Test func `what the command line says counts for one start`() throws {
        let host = try Host()
        let base = try host.launch(name, creating: true) { $0.start.allowsRoot = true }.profile.basePort
        let other = try host.launch(name) {
            $0.overrides.basePort = base == 30000 ? 31000 : 30000
            $0.start.allowsRoot = true
        }
        #expect(other.profile.basePort != base)
        #expect(try host.store.load(name)?.basePort == base)
    }

    @Test func `a profile is taken back after a refusal, unless somebody runs it`() throws {
        let host = try Host()
        let launch = try host.launch(name, creating: true) { $0.start.allowsRoot = true }
        guard case .acquired(let lock) = try InstanceLock.acquire(name, in: host.caller.directories) else {
            Issue.record("nobody else runs it")
            return
        }
        launch.forgetProfile()
        #expect(try host.store.load(name) != nil)
        lock.release()
        launch.forgetProfile()
        #expect(try host.store.load(name) == nil)
        // Once more there is nothing to take back.
        launch.forgetProfile()
    }

    @Test(
        arguments: [
            ("{", 0o600), (#"{"basePort": 1}"#, 0o600), (#"{"basePort": 20000, "port": 1}"#, 0o600),
            (#"{"basePort": 20000}"#, 0o666), (#"{"basePort": 20000}"#, 0o620),
        ] as [(String, Int)])
    func `a profile that is invalid, or that others may write, is refused as it stands`(text: String, mode: Int) throws
    {
        let host = try Host()
        try host.write(text, to: name, mode: mode)
        for creating in [false, true] {
            do throws(LaunchError) {
                _ = try host.launch(name, creating: creating)
                Issue.record("it was taken")
            } catch {
                #expect(error.exitCode == .configuration)
                #expect(error.description.contains(host.store.file(of: name).text))
            }
        }
        #expect(try String(contentsOfFile: host.store.file(of: name).text, encoding: .utf8) == text)
    }

    @Test(.enabled(if: isRoot, "only root gives user IDs"))
    func `root's new profile has a user ID and a directory of its own, written down, and the next another`() throws {
        let host = try Host()
        let launch = try host.launch(name, creating: true)
        let state = host.caller.directories.instances / name.text
        #expect(launch.profile.stateDirectory == state)
        #expect(try launch.statePath() == state)
        let user = try launch.user.identity(assigning: true)
        #expect(ProfileIdentity.ownUserIDs.contains(user.userID))
        #expect(user.isOwn && !user.isMapped && user.groupID == user.userID)
        #expect(try launch.user.identity(assigning: false).userID == user.userID)
        let sibling = try host.launch(try #require(ProfileName("launch-test-2")), creating: true)
        #expect(try sibling.user.identity(assigning: true).userID != user.userID)
    }

    @Test(.enabled(if: isRoot, "only root gives user IDs"))
    func `root's profile that leaves open where its files are is refused, unless the payload is root`() throws {
        let host = try Host()
        try host.write(#"{"basePort": 20000}"#, to: name)
        let said = sentence { _ = try host.launch(name) }
        #expect(said?.contains("names neither a \"stateDirectory\" nor a \"user\"") == true)
        #expect(try host.launch(name) { $0.start.allowsRoot = true }.user.identity(assigning: false).userID == 0)
        #expect(sentence { _ = try host.launch(name) { $0.overrides.stateDirectory = .root / "srv/x" } } == nil)
    }

    @Test(.enabled(if: !isRoot, "root gives user IDs"))
    func `a user's payload is the user's, whose home its files are in`() throws {
        let host = try Host()
        let launch = try host.launch(name, creating: true)
        let user = try launch.user.identity(assigning: true)
        #expect(user.userID == getuid() && !user.isOwn && !user.isMapped)
        #expect(launch.profile.stateDirectory == nil)
        #expect(try launch.statePath().text == host.root + "/HOME/.mazelclaw-launch-test")
        let said = sentence {
            _ = try host.launch(name) { $0.overrides.identity = .own }.user.identity(assigning: true)
        }
        #expect(said?.hasPrefix("only root can give profile \"launch-test\" a user ID of its own") == true)
    }

    @Test(
        arguments: [
            ("no such user", "there is no user \"no such user\" in /etc/passwd"), ("", "there is no user \"\""),
            ("1:x", "\"1:x\" is no user: expected NAME, UID or UID:GID"), ("1:", "\"1:\" is no user"),
            ("root:0", "there is no user \"root:0\""), ("4294967296", "there is no user \"4294967296\""),
        ] as [(String, String)])
    func `a user that is none is refused by its name`(text: String, beginning: String) throws {
        let said = sentence {
            _ = try Host().launch(name) { $0.overrides.user = text }.user.identity(assigning: false)
        }
        #expect(said?.hasPrefix(beginning) == true, "\(said ?? "nothing is wrong")")
    }

    @Test func `root is no payload's user, but by name`() throws {
        let host = try Host()
        let said = sentence { _ = try host.launch(name) { $0.overrides.user = "0" }.user.identity(assigning: false) }
        let wanted = isRoot ? "\"0\" is root; choose an unprivileged user" : "only root can run a payload as another"
        #expect(said?.hasPrefix(wanted) == true)
        let own = try host.launch(name) {
            $0.overrides.user = "\(getuid()):\(getgid())"
            $0.start.allowsRoot = true
        }
        let user = try own.user.identity(assigning: false)
        #expect(user.userID == getuid() && user.groupID == getgid() && !user.isOwn)
        #expect(user.home.text == host.root + "/HOME")
    }
}
