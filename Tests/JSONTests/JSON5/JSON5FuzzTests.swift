import Fuzzing
import Testing

@testable import JSON

/// Texts nobody thought of, made from seeds so that a failure can be repeated.
@Suite struct JSON5FuzzTests {
    @Test(arguments: 0..<64)
    func `any text written in any style is read, and edited to say any other value`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        for _ in 0..<40 {
            let value = random.object(depth: 3)
            var writer = RandomWriter(random: random)
            writer.write(value)
            random = writer.random
            let document = try JSON5Document(parsing: Array(writer.text.utf8))
            #expect(document.value.isSame(as: value), "seed \(seed): \(writer.text)")

            let other = random.next() % 4 == 0 ? random.object(depth: 3) : random.variation(of: value)
            let edited = document.text(for: other)
            let text = String(decoding: edited, as: UTF8.self)
            let again = try JSON5Document(parsing: edited)
            #expect(again.value.isSame(as: other), "seed \(seed): \(writer.text) became \(text)")
            #expect(again.text(for: other) == edited)
        }
    }

    @Test(arguments: 0..<64)
    func `no comment is lost when members come and go`(seed: UInt64) throws {
        var random = SplitMix(seed: seed &+ 1000)
        for _ in 0..<40 {
            let value = random.flatObject()
            var writer = RandomWriter(random: random, keepsCommentsApart: true)
            writer.write(value)
            random = writer.random
            let document = try JSON5Document(parsing: Array(writer.text.utf8))
            let text = String(decoding: document.text(for: random.flatObject()), as: UTF8.self)
            for comment in writer.comments {
                #expect(text.contains(comment), "seed \(seed): \(comment) of \(writer.text) is not in \(text)")
            }
        }
    }

    @Test(arguments: 0..<32)
    func `damaged text is refused or read, never worse, and strict JSON reads the same`(seed: UInt64) throws {
        var random = SplitMix(seed: seed &+ 2000)
        for _ in 0..<100 {
            let value = random.object(depth: 2)
            var writer = RandomWriter(random: random)
            writer.write(value)
            random = writer.random
            var text = random.next() % 2 == 0 ? Array(writer.text.utf8) : value.serialized(pretty: true)
            for _ in 0...random.below(3) { random.damage(&text) }
            let read = try? JSON5Document(parsing: text)
            if let read { #expect(read.text(for: read.value) == text) }
            if let strict = try? JSON(parsing: text) {
                #expect(read?.value.isSame(as: strict) == true, "\(String(decoding: text, as: UTF8.self))")
            }
        }
    }
}
