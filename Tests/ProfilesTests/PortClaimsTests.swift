import Foundation
import Glibc
import Policy
import Testing

@testable import Profiles

/// What users of one host tell each other of their ports. Only root can make files that are others'.
@Suite struct PortClaimsTests {
    /// A directory as /var/tmp is.
    private final class Place {
        let fixture: StateFixture
        let directory: AbsolutePath

        init() throws {
            fixture = try StateFixture()
            directory = try #require(AbsolutePath(fixture.root + "/claims"))
            try FileManager.default.createDirectory(atPath: directory.text, withIntermediateDirectories: true)
            try #require(chmod(directory.text, 0o1777) == 0)
        }

        func claims(of userID: UInt32) -> PortClaims { PortClaims(directory: directory, userID: userID) }

        /// A file that is `owner`'s.
        func write(_ text: String, to name: String, owner: UInt32, mode: mode_t = 0o644) throws {
            let path = "\(directory)/\(name)"
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            try #require(chown(path, owner, owner) == 0)
            try #require(chmod(path, mode) == 0)
        }
    }

    private static let me: UInt32 = 71_000
    private static let other: UInt32 = 71_001
    private static let text = #"{"profiles": [{"base": 18789, "pinned": [9222]}]}"#

    private func ports(_ base: UInt16, pinned: [UInt16] = []) throws -> PortSet {
        try #require(PortSet(base: base, pinned: pinned))
    }

    @Test func `what a user says of their own is said once, and read by the others alone`() throws {
        let place = try Place()
        let own = place.claims(of: geteuid())
        try own.publish([])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory.text).isEmpty)
        let said = [try ports(19789), try ports(18789, pinned: [9222])]
        try own.publish(said)
        let file = "\(place.directory)/mazelclaw-ports-\(geteuid())"
        let before = try FileManager.default.attributesOfItem(atPath: file)
        #expect(before[.posixPermissions] as? Int == 0o644)
        try own.publish(said)
        let after = try FileManager.default.attributesOfItem(atPath: file)
        #expect(after[.systemFileNumber] as? Int == before[.systemFileNumber] as? Int)
        #expect(own.hold(said[0]) && own.hold(said[1]))
        #expect(try !own.hold(ports(18789)) && !own.hold(ports(20_000)))
        // Before systemd-tmpfiles takes it away, it is said anew.
        let past = Date(timeIntervalSinceNow: -Double(PortClaims.lifetime) - 60)
        try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: file)
        #expect(!own.hold(said[0]))
        try own.publish(said)
        #expect(own.hold(said[0]))
        #expect(own.ofOthers.isEmpty)
        // Whoever else the directory belongs to could put away what stands in it.
        let claims = place.claims(of: Self.me).ofOthers
        guard geteuid() == 0 else {
            #expect(claims.isEmpty)
            return
        }
        #expect(claims == [PortClaims.Claim(userID: 0, ports: said.sorted { $0.base < $1.base })])
        try own.publish([])
        #expect(place.claims(of: Self.me).ofOthers.isEmpty)
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root makes files of others"),
        arguments: [
            ("mazelclaw-ports-71001", Self.text, Self.other, 0o644, true),
            ("mazelclaw-ports-71001.7", Self.text, Self.other, 0o600, true),
            // In another's name, and under a name that nobody looks for.
            ("mazelclaw-ports-71001", Self.text, 71_002, 0o644, false),
            ("mazelclaw-ports-71001.8", Self.text, Self.other, 0o644, false),
            ("mazelclaw-ports-71001.123.tmp", Self.text, Self.other, 0o644, false),
            // For others to write.
            ("mazelclaw-ports-71001", Self.text, Self.other, 0o666, false),
            ("mazelclaw-ports-71001", "{", Self.other, 0o644, false),
            (
                "mazelclaw-ports-71001", #"{"profiles": [{"base": 65500}, {"base": "18789"}, 7]}"#, Self.other, 0o644,
                false
            ),
            (
                "mazelclaw-ports-71001", Self.text + String(repeating: " ", count: PortClaims.sizeLimit), Self.other,
                0o644,
                false
            ),
        ] as [(String, String, UInt32, mode_t, Bool)])
    func `a claim is whose file it is`(name: String, text: String, owner: UInt32, mode: mode_t, counts: Bool) throws {
        let place = try Place()
        try place.write(text, to: name, owner: owner, mode: mode)
        let claims = place.claims(of: Self.me).ofOthers
        #expect(claims == (counts ? [PortClaims.Claim(userID: owner, ports: [try ports(18789, pinned: [9222])])] : []))
        #expect(place.claims(of: owner).ofOthers.isEmpty)
    }

    @Test(.enabled(if: geteuid() == 0, "only root makes files of others"))
    func `what is no file holds nobody up, and what a user may claim is bounded`() throws {
        let place = try Place()
        try #require(mkfifo("\(place.directory)/mazelclaw-ports-0", 0o644) == 0)
        try #require(symlink("/etc/passwd", "\(place.directory)/mazelclaw-ports-0.1") == 0)
        let many = (0..<100).map { #"{"base": \#(20_000 + 111 * $0)}"# }.joined(separator: ",")
        try place.write(#"{"profiles": [\#(many)]}"#, to: "mazelclaw-ports-71001", owner: Self.other)
        try place.write(Self.text, to: "mazelclaw-ports-71001.1", owner: Self.other)
        let claims = place.claims(of: Self.me).ofOthers
        #expect(claims.map(\.userID) == [Self.other])
        #expect(claims.first?.ports.count == PortClaims.profileLimit)
    }

    @Test(.enabled(if: geteuid() == 0, "only root makes files of others"))
    func `a name that another took keeps nobody from claiming`() throws {
        let place = try Place()
        try place.write(Self.text, to: "mazelclaw-ports-0", owner: Self.other)
        try #require(symlink("/etc/shadow", "\(place.directory)/mazelclaw-ports-0.1") == 0)
        try #require(lchown("\(place.directory)/mazelclaw-ports-0.1", Self.other, Self.other) == 0)
        try place.claims(of: 0).publish([try ports(19789)])
        #expect(
            place.claims(of: Self.me).ofOthers == [PortClaims.Claim(userID: 0, ports: [try ports(19789)])])
        #expect(try String(contentsOfFile: "\(place.directory)/mazelclaw-ports-0", encoding: .utf8) == Self.text)
    }

    @Test func `a proposed base keeps clear of what others claim, as long as one is left`() throws {
        let name = try #require(ProfileName("main"))
        let free = try #require(PortPlan(others: []).freeBase(for: name))
        let claimed = [try ports(free), try ports(free + 50)]
        let beside = try #require(PortPlan(others: [], claimed: claimed).freeBase(for: name))
        #expect(claimed.allSatisfy { $0.sharedPort(with: PortSet(base: beside) ?? $0) == nil })
        let all = try stride(from: UInt16(1024), through: 65425, by: 100).map { try ports($0) }
        #expect(PortPlan(others: [], claimed: all).freeBase(for: name) == free)
        // And nobody is refused one for it.
        let profile = Profile(name: name, basePort: free)
        #expect(throws: Never.self) { try PortPlan(others: [], claimed: all).check(profile) }
    }
}
