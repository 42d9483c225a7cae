import Foundation
import Glibc
import JSON
import Policy
import Testing

@testable import Profiles

/// The user IDs that profiles have for themselves.
@Suite struct IdentityRegistryTests {
    private let fixture: StateFixture
    private let registry: IdentityRegistry

    init() throws {
        fixture = try StateFixture()
        registry = IdentityRegistry(directories: fixture.directories)
    }

    private func name(_ text: String) throws -> ProfileName { try #require(ProfileName(text)) }

    private var file: URL { URL(filePath: fixture.root + "/mazelclaw/identities.json") }

    private func write(_ text: String) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    }

    @Test func `each profile has one ID for good, and no two have the same`() throws {
        let names = try ["a", "b", "c"].map(name)
        #expect(try registry.userID(of: names[0]) == nil)
        let given = try names.map { try registry.assign(to: $0) }
        #expect(Set(given).count == 3)
        #expect(given.allSatisfy(ProfileIdentity.ownUserIDs.contains))
        #expect(try names.map { try registry.assign(to: $0) } == given)
        #expect(try names.map { try registry.propose(for: $0) } == given)
        #expect(try names.map { try registry.userID(of: $0) } == given)
        // Two names that differ only in case are one profile's.
        #expect(try registry.assign(to: try name("A")) == given[0])
    }

    @Test func `what is proposed is what would be given, and is not written`() throws {
        let proposal = try registry.propose(for: try name("a"))
        #expect(!FileManager.default.fileExists(atPath: file.path))
        #expect(try registry.assign(to: try name("a")) == proposal)
        #expect(try registry.propose(for: try name("b")) > proposal)
    }

    @Test func `the ID of a profile that is gone is given to no other`() throws {
        let first = ProfileIdentity.ownUserIDs.lowerBound
        try write("{\"gone\": \(first + 7)}")
        #expect(try registry.assign(to: try name("a")) > first + 7)
    }

    @Test func `where all are given, none is left`() throws {
        try write("{\"last\": \(ProfileIdentity.ownUserIDs.upperBound)}")
        let name = try self.name("a")
        do throws(ProfileError) {
            _ = try registry.propose(for: name)
            Issue.record("one was left")
        } catch {
            guard case .noFreeIdentity = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test(arguments: [
        "", "[]", "{", "null", #"{"a": "x"}"#, #"{"a": 0}"#, #"{"a": 1000}"#, #"{"a": -1}"#, #"{"a": 99999999999}"#,
        #"{"a": 1900000000, "b": 1900000000}"#, #"{"a": 1900000000, "a": 1900000001}"#, #"{"a": 1900065536}"#,
    ])
    func `a registry that is damaged gives nothing, and says so`(text: String) throws {
        try write(text)
        let name = try self.name("a")
        for assigns in [false, true] {
            do throws(ProfileError) {
                _ = assigns ? try registry.assign(to: name) : try registry.propose(for: name)
                Issue.record("an ID was given")
            } catch {
                guard case .invalid(let fault) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(fault.file == file.path)
            }
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
    func `files that an ID has left behind keep it from being given again`() throws {
        let first = ProfileIdentity.ownUserIDs.lowerBound
        let state = fixture.directories.instances / "gone"
        try FileManager.default.createDirectory(atPath: state.text, withIntermediateDirectories: true)
        #expect(chown(state.text, first + 3, first + 3) == 0)
        #expect(try registry.assign(to: try name("a")) > first + 3)
    }
}
