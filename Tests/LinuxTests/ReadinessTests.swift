import Foundation
import SystemPackage
import Testing

@testable import Linux

@Suite struct ReadinessTests {
    @Test func `a pipe is ready to be written, to be read once something is in it, and at its end`() throws {
        let pipe = try Linux.Pipe()
        defer { pipe.reader.discard() }
        #expect(try Readiness.isWritable(pipe.writer))
        #expect(try !Readiness.isReadable(pipe.reader))
        #expect(try Readiness.wait(for: [.reading(pipe.reader)], milliseconds: 0).isEmpty)
        try pipe.writer.writeEverything([1])
        #expect(try Readiness.isReadable(pipe.reader))
        let ready = try Readiness.wait(for: [.hangUp(pipe.reader), .reading(pipe.reader)], milliseconds: 60_000)
        #expect(ready.map(\.index) == [1])
        #expect(ready.map(\.isReadable) == [true])
        #expect(try pipe.reader.readSome(limit: 8) == [1])
        pipe.writer.discard()
        let ended = try Readiness.wait(for: [.hangUp(pipe.reader)], milliseconds: 60_000)
        #expect(ended.map(\.isReadable) == [false])
        #expect(try pipe.reader.readEverything().isEmpty)
    }

    @Test func `a full pipe has no room until it is read`() throws {
        let pipe = try Linux.Pipe()
        defer {
            pipe.reader.discard()
            pipe.writer.discard()
        }
        try pipe.writer.setNonBlocking(true)
        var written = 0
        while try Readiness.isWritable(pipe.writer) {
            written += try pipe.writer.writeSome([UInt8](repeating: 0, count: 4096)[...])
        }
        #expect(written > 0)
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try pipe.writer.writeSome([0]) }
        var set = PollSet()
        let place = set.add(pipe.writer, reads: false, writes: true)
        let other = set.add(pipe.reader, reads: true)
        let none = set.add(pipe.reader, reads: false)
        try set.wait(milliseconds: 0)
        #expect(!set.isWritable(place) && set.isReadable(other))
        #expect(!set.isReadable(none) && !set.isWritable(none) && !set.isWritable(other))
        #expect(try pipe.reader.readSome(limit: written).count == written)
        try set.wait(milliseconds: 60_000)
        #expect(set.isWritable(place) && !set.isReadable(other))
    }

    @Test func `a file is copied whole, from where it stands, and not beyond the limit`() throws {
        let source = try FileDescriptor.memoryFile(named: "source")
        let target = try FileDescriptor.memoryFile(named: "target")
        defer {
            source.discard()
            target.discard()
        }
        try source.writeEverything(Array("0123456789".utf8))
        #expect(throws: Errno(rawValue: EFBIG)) {
            _ = lseek(source.rawValue, 0, SEEK_SET)
            try target.writeEverything(of: source, limit: 9)
        }
        _ = lseek(source.rawValue, 4, SEEK_SET)
        try target.truncate(to: 0)
        _ = lseek(target.rawValue, 0, SEEK_SET)
        try target.writeEverything(of: source, limit: 10)
        #expect(try target.readFromStart() == Array("456789".utf8))
        #expect(try source.readSome(limit: 3, at: 7) == Array("789".utf8))
        #expect(try source.readSome(limit: 3, at: 10).isEmpty)
        let pipe = try Linux.Pipe()
        defer {
            pipe.reader.discard()
            pipe.writer.discard()
        }
        #expect(throws: Errno.illegalSeek) { try pipe.reader.readFromStart() }
    }

    @Test func `resources for events are there, and given back`() throws {
        let before = try FileSystem.entries(of: "/proc/self/fd").count
        try EventResources.check(count: 16)
        // Other tests open and close files meanwhile: sixteen of them would be noticed.
        #expect(try FileSystem.entries(of: "/proc/self/fd").count < before + 16)
    }

    @Test func `a segment of shared memory has one key, until it is removed`() throws {
        let key = Int32.random(in: 1 ... .max)
        #expect(throws: Errno.noSuchFileOrDirectory) { try SharedMemory.find(key: key) }
        try SharedMemory.make(key: key)
        defer { SharedMemory.remove(key: key) }
        try SharedMemory.find(key: key)
        #expect(throws: Errno.fileExists) { try SharedMemory.make(key: key) }
        SharedMemory.remove(key: key)
        #expect(throws: Errno.noSuchFileOrDirectory) { try SharedMemory.find(key: key) }
    }
}
