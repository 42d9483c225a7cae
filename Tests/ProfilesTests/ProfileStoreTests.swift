import Foundation
import Glibc
import Policy
import SystemPackage
import Testing

@testable import Profiles

/// The host's profile files: read, made, changed and removed, in a directory of the test's.
@Suite struct ProfileStoreTests {
    private let fixture: StateFixture
    private let store: ProfileStore
    private let name: ProfileName

    init() throws {
        fixture = try StateFixture()
        store = ProfileStore(directories: fixture.directories)
        name = try #require(ProfileName("store-test"))
    }

    private func write(_ text: String, to file: String, mode: Int = 0o600) throws {
        let path = fixture.directories.configuration.text + "/profiles/\(file)"
        let directory = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private var files: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: fixture.root + "/mazelclaw/profiles").sorted()) ?? []
    }

    private func failure(_ body: () throws(ProfileError) -> Void) -> ProfileError? {
        do throws(ProfileError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `a profile is made once, kept as it was made, and known from then on`() throws {
        let (made, isNew) = try store.loadOrCreate(name) { $0.policy = "tool" }
        #expect(isNew && made.policy == "tool")
        #expect(files == ["store-test.json"])
        let mode = try FileManager.default.attributesOfItem(atPath: store.file(of: name).text)[.posixPermissions]
        // Root's are for every user to see.
        #expect(mode as? Int == (geteuid() == 0 ? 0o644 : 0o600))
        let again = try store.loadOrCreate(name) { _ in Issue.record("it is there already") }
        #expect(!again.isNew && again.profile == made)
        let anew = try store.create(name) { _ in Issue.record("it is there already") }
        #expect(!anew.isNew && anew.profile == made)
        #expect(try store.load(name) == made)
    }

    @Test func `what is proposed is not written`() throws {
        let proposal = try store.propose(name)
        #expect(PortSet.validBases.contains(proposal.basePort))
        #expect(try store.loadOrPropose(name).isNew)
        #expect(try store.load(name) == nil)
        #expect(files.isEmpty)
    }

    @Test func `ports too close to another profile's are refused, and nothing is written`() throws {
        let base = try store.loadOrCreate(name).profile.basePort
        let other = try #require(ProfileName("store-other"))
        let error = failure { () throws(ProfileError) in _ = try store.loadOrCreate(other) { $0.basePort = base + 5 } }
        guard case .overlap(other, base + 5, name, base, let free) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(free != nil)
        #expect(files == ["store-test.json"])
        let beside = try store.loadOrCreate(other).profile.basePort
        #expect(failure { () throws(ProfileError) in _ = try store.assign(basePort: base + 1, to: other) } != nil)
        #expect(try store.load(other)?.basePort == beside)
        #expect(try store.assign(basePort: beside, to: other).basePort == beside)
    }

    @Test func `a profile that is not there is given no port`() throws {
        let error = failure { () throws(ProfileError) in _ = try store.assign(basePort: 20000, to: name) }
        guard case .system(_, store.file(of: name).text, .noSuchFileOrDirectory) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `two names that differ only in case are not told apart by every file system, and refused`() throws {
        try write(#"{"basePort": 20000}"#, to: "Store-Test.json")
        let error = failure { () throws(ProfileError) in _ = try store.load(name) }
        guard case .collision(name, let existing) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(existing.text == "Store-Test")
        #expect(failure { () throws(ProfileError) in _ = try store.loadOrCreate(name) } != nil)
        #expect(files == ["Store-Test.json"])
    }

    @Test func `files that bear no profile's name are none`() throws {
        for file in ["a b.json", ".json", "-x.json", "x.json.bak", "x.txt", "store-test.json.7.tmp", "a.b.json"] {
            try write("{", to: file)
        }
        try write(#"{"basePort": 20000}"#, to: "store-test.json")
        #expect(try store.ownProfiles().map(\.name) == [name])
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{}", #"{"basePort": "20000"}"#, #"{"basePort": 1023}"#, #"{"basePort": 65426}"#,
        #"{"basePort": 20000, "basePort": 20000}"#, #"{"basePort": 20000, "unknown": 1}"#, #"{"basePort": 20000} x"#,
        #"{"basePort": 20000, "binds": [{"source": "relative"}]}"#, "\u{FEFF}{\"basePort\": 20000}",
    ])
    func `a file that is no profile is told by its name, and stands in the way of all that need it`(text: String) throws
    {
        try write(text, to: "store-test.json")
        let file = store.file(of: name).text
        for error in [
            failure { () throws(ProfileError) in _ = try store.load(name) },
            failure { () throws(ProfileError) in _ = try store.loadOrCreate(name) },
            failure { () throws(ProfileError) in _ = try store.assign(basePort: 20000, to: name) },
            failure { () throws(ProfileError) in _ = try store.all() },
        ] {
            guard case .invalid(let fault) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(fault.file == file)
        }
        #expect(try Data(contentsOf: URL(filePath: file)) == Data(text.utf8))
    }

    @Test(
        arguments: [(0o600, true), (0o644, true), (0o604, true), (0o620, false), (0o602, false), (0o666, false)]
            as [(Int, Bool)])
    func `a file that somebody else may write decides nothing`(mode: Int, isTaken: Bool) throws {
        try write(#"{"basePort": 20000}"#, to: "store-test.json", mode: mode)
        let error = failure { () throws(ProfileError) in _ = try store.load(name) }
        switch error {
        case nil: #expect(isTaken)
        case .untrusted(store.file(of: name).text, _): #expect(!isTaken)
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test func `a profile is retired unless it runs, and then says who runs it`() throws {
        _ = try store.loadOrCreate(name)
        guard case .acquired(let lock) = try InstanceLock.acquire(name, in: fixture.directories) else {
            Issue.record("nobody else runs it")
            return
        }
        #expect(try store.retire(name)?.pid == getpid())
        #expect(files == ["store-test.json"])
        lock.release()
        #expect(try store.retire(name) == nil)
        #expect(files.isEmpty)
        #expect(failure { () throws(ProfileError) in _ = try store.retire(name) } != nil)
    }

    @Test func `each profile has all the others beside it, and not itself`() throws {
        let names = try ["a", "b", "c"].map { try #require(ProfileName("store-\($0)")) }
        for name in names { _ = try store.loadOrCreate(name) }
        for name in names {
            let others = try store.others(than: name).map(\.name)
            #expect(Set(others).intersection(names) == Set(names).subtracting([name]))
            #expect(try store.othersWithUsers(than: name).map(\.profile.name) == others)
        }
        let beside = try store.allBesideOthers().filter { names.contains($0.profile.name) }
        #expect(beside.map(\.profile.name).sorted { $0.text < $1.text } == names)
        for (profile, others) in beside { #expect(!others.contains { $0.name == profile.name }) }
    }

    @Test func `profiles of one user share that user's ID, and one with its own shares none`() throws {
        for (text, user) in [("store-a", "4242"), ("store-b", "4242:7"), ("store-c", "4243")] {
            _ = try store.loadOrCreate(try #require(ProfileName(text))) { $0.user = user }
        }
        _ = try store.loadOrCreate(try #require(ProfileName("store-d"))) {
            $0.user = "4242"
            $0.identity = .own
        }
        let shared = try store.sharedUserIDs().first { $0.userID == 4242 }
        #expect(shared?.names.map(\.text).sorted() == ["store-a", "store-b"])
        #expect(try store.sharedUserIDs().allSatisfy { $0.userID != 4243 })
    }
}
