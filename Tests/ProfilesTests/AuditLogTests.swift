import Foundation
import JSON
import Policy
import Profiles
import Testing

@Suite struct AuditLogTests {
    /// A place for logs that goes with the test.
    private final class Place {
        let root = NSTemporaryDirectory() + "mazelclaw-\(UUID().uuidString)"
        let directories: HostDirectories
        let profile: ProfileName

        init() throws {
            let root = root
            directories = HostDirectories(userID: 1, home: .root) { $0 == "XDG_STATE_HOME" ? root : nil }
            profile = try #require(ProfileName("p"))
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }

        var file: String { AuditLog.path(of: profile, in: directories).text }
        var older: String { file + ".1" }

        func log() throws -> AuditLog { try AuditLog(of: profile, in: directories) }

        func write(_ bytes: [UInt8], to file: String) throws {
            let directory = root + "/mazelclaw/audit"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data(bytes).write(to: URL(filePath: file))
        }

        func size(_ file: String) throws -> Int {
            try #require(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
        }
    }

    private static let limit = Int(AuditLog.limit)

    private func event(_ number: Int, length: Int = 1000) -> JSON {
        ["event": "test", "number": .integer(Int64(number)), "text": .string(String(repeating: "x", count: length))]
    }

    private func numbers(_ lines: [[UInt8]]) throws -> [Int64] {
        try lines.map { try #require(try JSON(parsing: $0)["number"]?.integer) }
    }

    @Test func `two files hold a bounded past, and the end of it whole`() throws {
        let place = try Place()
        let log = try place.log()
        let count = 3 * Self.limit / 1000
        for number in 0..<count {
            log.record(event(number))
            guard number % 500 == 0 else { continue }
            #expect(try place.size(place.file) <= Self.limit)
            #expect(try place.size(place.older) <= Self.limit)
        }
        var reader = AuditReader(of: place.profile, in: place.directories)
        let kept = try numbers(reader.next())
        #expect(kept == (0..<Int64(count)).suffix(kept.count))
        #expect(kept.count > Self.limit / 1100)
        #expect(try reader.next().isEmpty)
    }

    @Test func `who follows misses nothing that is set aside, and reads nothing twice`() throws {
        let place = try Place()
        let log = try place.log()
        var reader = AuditReader(of: place.profile, in: place.directories)
        var read: [Int64] = []
        let count = 2500
        for number in 0..<count {
            log.record(event(number, length: 5000))
            if number % 7 == 0 { read += try numbers(reader.next()) }
        }
        read += try numbers(reader.next())
        #expect(read == Array(0..<Int64(count)))
        #expect(try place.size(place.older) > Self.limit / 2)
    }

    @Test func `a line in the making is read when it is whole`() throws {
        let place = try Place()
        try place.write(Array("{\"number\":1}\n{\"num".utf8), to: place.file)
        var reader = AuditReader(of: place.profile, in: place.directories)
        #expect(try numbers(reader.next()) == [1])
        try place.write(Array("{\"number\":1}\n{\"number\":2}\n".utf8), to: place.file)
        #expect(try numbers(reader.next()) == [2])
    }

    @Test func `what a sibling has proved is not the payload's proof`() throws {
        let place = try Place()
        let lines = [
            "{\"event\":\"proof\",\"number\":1}", "{\"event\":\"proof\",\"sibling\":\"browser\",\"number\":2}",
        ]
        try place.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: place.file)
        #expect(try AuditLog.latestProof(of: place.profile, in: place.directories)?["number"]?.integer == 1)
    }

    @Test func `of a log longer than any becomes the end is read, and kept`() throws {
        let place = try Place()
        let text = [UInt8](repeating: 0xFF, count: 500)
        let line = Array("{\"event\":\"denied\",\"text\":\"".utf8) + text + [0x22, 0x7D, 0x0A]
        let proof = Array("{\"event\":\"proof\",\"number\":7}\n".utf8)
        // The last line was never finished.
        let denials = Array(repeatElement(line, count: 5 * Self.limit / 500).joined())
        let long = denials + proof + Array("{\"event\":\"pro".utf8)
        try place.write(long, to: place.file)
        #expect(try AuditLog.latestProof(of: place.profile, in: place.directories)?["number"]?.integer == 7)
        let log = try place.log()
        log.record(event(8))
        #expect(try place.size(place.file) < 2000)
        #expect(try (Self.limit - 1000...Self.limit).contains(place.size(place.older)))
        #expect(try AuditLog.latestProof(of: place.profile, in: place.directories)?["number"]?.integer == 7)
        var reader = AuditReader(of: place.profile, in: place.directories)
        #expect(try numbers(reader.next().suffix(1)) == [8])
    }

    @Test func `a log that ends in the middle of a line goes on with a new one`() throws {
        let place = try Place()
        try place.write(Array("{\"number\":1}\n{\"number\":".utf8), to: place.file)
        try place.log().record(event(2))
        var reader = AuditReader(of: place.profile, in: place.directories)
        let lines = try reader.next()
        #expect(lines.count == 3)
        #expect(try numbers([lines[0], lines[2]]) == [1, 2])
    }

    @Test func `a log that was cut by hand is read on from its start`() throws {
        let place = try Place()
        let log = try place.log()
        log.record(event(1))
        var reader = AuditReader(of: place.profile, in: place.directories)
        #expect(try numbers(reader.next()) == [1])
        try place.write([], to: place.file)
        try place.log().record(event(2, length: 10))
        #expect(try numbers(reader.next()) == [2])
    }

    @Test func `the latest end is told, whatever was recorded since`() throws {
        let place = try Place()
        var text = "{\"event\":\"exit\",\"code\":0}\n{\"event\":\"out-of-memory\",\"code\":137,\"peak\":5}\n"
        text += "{\"event\":\"proof\"}\n{\"event\":\"denied\",\"text\":\"event: exit\"}\n"
        try place.write(Array(text.utf8), to: place.file)
        let end = try AuditLog.latestEnd(of: place.profile, in: place.directories)
        #expect(end?["event"]?.string == "out-of-memory")
        #expect(end?["peak"]?.integer == 5)
        try place.write(Array((text + "{\"event\":\"exit\",\"code\":1}\n").utf8), to: place.file)
        #expect(try AuditLog.latestEnd(of: place.profile, in: place.directories)?["code"]?.integer == 1)
    }

    @Test func `no log has no lines and no proof`() throws {
        let place = try Place()
        var reader = AuditReader(of: place.profile, in: place.directories)
        #expect(try reader.next().isEmpty)
        #expect(try AuditLog.latestProof(of: place.profile, in: place.directories) == nil)
        #expect(try AuditLog.latestEnd(of: place.profile, in: place.directories) == nil)
    }
}
