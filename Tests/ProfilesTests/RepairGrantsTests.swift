import Foundation
import JSON
import Policy
import Profiles
import Testing

@Suite struct RepairGrantsTests {
    private let state: StateFixture
    private let grants: RepairGrants
    private let main: ProfileName
    private let rescue: ProfileName

    init() throws {
        state = try StateFixture()
        grants = RepairGrants(directories: state.directories)
        main = try #require(ProfileName("main"))
        rescue = try #require(ProfileName("rescue"))
    }

    private func grant(_ target: ProfileName) -> RepairGrant {
        RepairGrant(
            id: "0a0b0c0d", target: target, rescue: rescue, grantedAt: 1, expiresAt: 2, processID: getpid())
    }

    private func hold(_ target: ProfileName) throws -> HeldRepairGrant {
        guard case .taken(let held) = try grants.hold(target, for: rescue) else {
            throw CocoaError(.fileLocking)
        }
        return held
    }

    @Test func `a grant is recorded while it is kept, and its end removes it`() throws {
        #expect(try grants.all() == [])
        do {
            let held = try hold(main)
            #expect(held.left == nil)
            try held.write(grant(main))
            let entry = try grants.of(main)
            #expect(entry?.grant == grant(main) && entry?.isKept == true)
            try held.end()
            #expect(try grants.all() == [])
        }
        try grants.waitForEnd(of: main, milliseconds: 0)
    }

    @Test func `a target has one grant, and a rescue too`() throws {
        let held = try hold(main)
        guard case .busy = try grants.hold(main, for: nil) else { throw CocoaError(.fileLocking) }
        try held.write(grant(main))
        let other = try #require(ProfileName("other"))
        for target in [main, other] {
            guard case .held(let found) = try grants.hold(target, for: rescue) else { throw CocoaError(.fileLocking) }
            #expect(found == grant(main))
        }
        guard case .taken = try grants.hold(other, for: other) else { throw CocoaError(.fileLocking) }
        #expect(throws: ProfileError.self) { try grants.waitForEnd(of: main, milliseconds: 10) }
        withExtendedLifetime(held) {}
    }

    @Test func `what a process left behind is found by the next, with what stood there before`() throws {
        var left = grant(main)
        left.change = RepairGrant.Change(proposal: "p", result: "r", hadFile: true)
        do {
            let held = try hold(main)
            try held.keep([0xFF, 0x00])
            try held.write(left)
        }
        let entry = try grants.of(main)
        #expect(entry?.grant == left && entry?.isKept == false)
        let held = try hold(main)
        #expect(held.left == left)
        #expect(try held.kept() == [0xFF, 0x00])
        try held.end()
        #expect(try held.kept() == nil)
    }

    @Test func `repairs have a log of their own, beside the sandbox's`() throws {
        try AuditLog(of: main, in: state.directories).record(["event": "denied"])
        try AuditLog(of: rescue, .repair, in: state.directories).record(["event": "repair", "text": "x"])
        #expect(try AuditLog.profiles(in: state.directories) == [main, rescue])
        var sandbox = AuditReader(of: main, in: state.directories)
        var repair = AuditReader(of: rescue, .repair, in: state.directories)
        #expect(try sandbox.next().count == 1)
        #expect(try JSON(parsing: try #require(try repair.next().first))["text"] == "x")
        var none = AuditReader(of: main, .repair, in: state.directories)
        #expect(try none.next() == [])
    }
}
