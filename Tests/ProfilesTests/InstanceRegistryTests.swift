import Foundation
import Glibc
import JSON
import Linux
import Policy
import SystemPackage
import Testing

@testable import Profiles

/// Who runs, on which ports and in which directories, as lock files tell it.
@Suite struct InstanceRegistryTests {
    private let fixture: StateFixture
    private let registry: InstanceRegistry

    init() throws {
        fixture = try StateFixture()
        registry = InstanceRegistry(directories: fixture.directories)
    }

    private func name(_ text: String) throws -> ProfileName { try #require(ProfileName(text)) }
    private func ports(_ base: UInt16) throws -> PortSet { try #require(PortSet(base: base)) }
    private func trees(_ state: String) throws -> InstanceTrees {
        InstanceTrees(state: try #require(AbsolutePath(state)))
    }

    private func claim(_ text: String, _ base: UInt16, _ state: String) throws -> InstanceRegistry.Outcome {
        try registry.claim(try name(text), ports: try ports(base), trees: try trees(state))
    }

    private func claimed(_ outcome: InstanceRegistry.Outcome) throws -> InstanceLock {
        guard case .claimed(let lock) = outcome else {
            Issue.record("\(outcome)")
            throw CocoaError(.fileLocking)
        }
        return lock
    }

    @Test func `who claims is told of with all it claimed, until the lock is given back`() throws {
        #expect(try registry.live().isEmpty)
        let lock = try claimed(claim("a", 20000, "/srv/a"))
        let live = try registry.live()
        #expect(live.map(\.name.text) == ["a"])
        #expect(live.first?.isProfile == true)
        #expect(live.first?.holder.pid == getpid())
        #expect(try live.first?.holder.ports == ports(20000))
        #expect(live.first?.holder.trees?.state.text == "/srv/a")
        #expect(try InstanceLock.holder(of: try name("a"), in: fixture.directories)?.pid == getpid())
        lock.release()
        #expect(try registry.live().isEmpty)
        #expect(try InstanceLock.holder(of: try name("a"), in: fixture.directories) == nil)
        try claimed(claim("a", 20000, "/srv/a")).release()
    }

    @Test func `nobody else has the name, a port or the state directory meanwhile`() throws {
        let lock = try claimed(claim("a", 20000, "/srv/a"))
        defer { lock.release() }
        guard case .held(let holder) = try claim("a", 30000, "/srv/b"), holder.pid == getpid() else {
            Issue.record("the name is taken")
            return
        }
        for (base, port) in [(20000, 20000), (20002, 20002), (20011, 20011), (19900, 20000)] as [(UInt16, UInt16)] {
            guard case .portTaken(let taken, let other, _) = try claim("b", base, "/srv/b") else {
                Issue.record("\(base) shares a port")
                continue
            }
            #expect(other.text == "a")
            #expect(taken >= port)
        }
        for state in ["/srv/a", "/srv/a/b", "/srv"] {
            guard case .directoryTaken(let own, let theirs, let other, _) = try claim("b", 30000, state) else {
                Issue.record("\(state) is not free")
                continue
            }
            #expect(own.text == state && theirs.text == "/srv/a" && other.text == "a")
        }
        // What was refused has left nothing: all that is free is had.
        try claimed(claim("b", 20111, "/srv/ab")).release()
    }

    @Test func `an instance that no profile describes stands not in the way of a profile of its name`() throws {
        let outcome = try registry.claimUnregistered(
            try name("a"), ports: try ports(20000), trees: try trees("/srv/free"))
        let free = try claimed(outcome)
        defer { free.release() }
        let lock = try claimed(claim("a", 30000, "/srv/a"))
        defer { lock.release() }
        #expect(try registry.live().map(\.isProfile).sorted { !$0 && $1 } == [false, true])
        guard
            case .held = try registry.claimUnregistered(
                try name("b"), ports: try ports(40000), trees: try trees("/srv/free"))
        else {
            Issue.record("its state directory is what it is known by")
            return
        }
    }

    @Test(arguments: ["", "{", "null", #"{"pid": "x"}"#, #"{"pid": 99999999999}"#, #"{"ports": 1, "trees": []}"#])
    func `a lock counts whatever its file says`(record: String) throws {
        let lock = try claimed(claim("a", 20000, "/srv/a"))
        defer { lock.release() }
        try lock.descriptor.truncate(to: 0)
        _ = try lock.descriptor.writeSome(Array(record.utf8)[...], at: 0)
        guard case .held(let holder) = try claim("a", 20000, "/srv/a") else {
            Issue.record("somebody has it")
            return
        }
        #expect(holder.pid == nil && holder.ports == nil && holder.trees == nil)
        #expect("\(holder)" == "an unknown process")
        // Nobody can tell what it claimed: others are not kept from what is theirs.
        try claimed(claim("b", 20000, "/srv/b")).release()
    }

    @Test func `a lock file that is a link is not followed`() throws {
        try FileManager.default.createDirectory(
            atPath: fixture.root + "/mazelclaw/locks", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: fixture.root + "/mazelclaw/locks/a.lock", withDestinationPath: fixture.root + "/elsewhere")
        let name = try self.name("a")
        do throws(ProfileError) {
            _ = try InstanceLock.acquire(name, in: fixture.directories)
            Issue.record("it was followed")
        } catch {
            guard case .system("lock", _, .tooManySymbolicLinkLevels) = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(!FileManager.default.fileExists(atPath: fixture.root + "/elsewhere"))
    }

    @Test func `files beside the locks are none, and a check makes nothing`() throws {
        try registry.check()
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.root).isEmpty)
        let locks = fixture.root + "/mazelclaw/locks"
        try FileManager.default.createDirectory(atPath: locks, withIntermediateDirectories: true)
        for file in ["a b.lock", ".lock", "a.txt", "a.lock.bak"] {
            try Data().write(to: URL(filePath: "\(locks)/\(file)"))
        }
        #expect(try registry.live().isEmpty)
        try Data().write(to: URL(filePath: "\(locks)/a.lock"))
        // A file that nobody has locked names nobody.
        #expect(try registry.live().isEmpty)
    }

    @Test(
        arguments: [
            ("0::/system.slice/mazelclaw-gateway.service", "mazelclaw-gateway.service"),
            ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope\n", "run-r1.scope"),
            ("1:name=systemd:/a.service\n0::/a.service/b.scope\n", "b.scope"), ("0::/user.slice", nil), ("", nil),
            ("0::/a.service/payload", "a.service"), ("0::/x.services", nil), (".service", ".service"),
        ] as [(String, String?)])
    func `the innermost unit is the one a process runs in`(groups: String, unit: String?) {
        #expect(InstanceHolder.unit(inControlGroups: groups) == unit)
    }

    @Test func `a holder is told as far as it is known`() {
        let whole = InstanceHolder(pid: 42, unit: "x.service", startedAt: 1_769_860_800)
        #expect("\(whole)" == "PID 42, unit x.service, since 2026-01-31 12:00:00 UTC")
        #expect("\(InstanceHolder(pid: 42, unit: nil, startedAt: nil))" == "PID 42")
        let copy = InstanceHolder(text: whole.file.serialized())
        #expect("\(copy)" == "\(whole)")
        for text in ["[]", "7", #"{"pid": 1.5, "startedAt": "x", "ports": {"base": 1}, "name": "a/b"}"#, "\u{0}"] {
            let holder = InstanceHolder(text: Array(text.utf8))
            #expect("\(holder)" == "an unknown process", "\(text)")
            #expect(holder.ports == nil && !holder.isAlive)
        }
    }
}
