import Fuzzing
import JSON
import Testing

@testable import ModelServices

/// A service may send anything.
@Suite struct AnswerFuzzTests {
    private func read(_ bytes: [UInt8], _ format: WireFormat, _ random: inout SplitMix) throws -> ModelAnswer? {
        var limits = ServiceLimits()
        limits.eventLength = 20_000
        limits.answerLength = 100_000
        let service = ServiceDescription(id: "test", address: try ServiceAddress("http://127.0.0.1"))
        var stream = AnswerStream(ServiceCall.reader(of: .test(format), of: service), limits: limits)
        var rest = bytes[...]
        do {
            while !rest.isEmpty {
                let count = 1 + random.below(min(rest.count, 200))
                try stream.take(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            return try stream.finish()
        } catch {
            // What came before is still an answer that can be kept.
            _ = stream.reader.builder.answer(.error)
            return nil
        }
    }

    @Test func `a damaged answer is an answer or a failure`() throws {
        for seed in FuzzRun("model-answers-damaged") {
            var random = SplitMix(seed: seed)
            let recording = random.one(of: Recording.all)
            var bytes = try recording.stream
            for _ in 0...random.below(4) { random.damage(&bytes) }
            _ = try read(bytes, random.one(of: WireFormat.allCases), &random)
        }
    }

    @Test func `events with other values than they should have are an answer or a failure`() throws {
        for seed in FuzzRun("model-answers-strange") {
            var random = SplitMix(seed: seed)
            let recording = random.one(of: Recording.all)
            var lines: [String] = []
            let text = String(decoding: try recording.stream, as: UTF8.self)
            for line in text.split(separator: "\n") where line.hasPrefix("data: {") {
                let json = try JSON(parsing: Array(line.dropFirst(6).utf8))
                switch random.below(4) {
                case 0: lines.append("data: \(random.variation(of: json).text())\n\n")
                case 1: lines.append("data: \(random.withExtreme(json).text())\n\n")
                default: lines.append("\(line)\n\n")
                }
            }
            let answer = try read(Array(lines.joined().utf8), try recording.format, &random)
            // Whatever was answered can be sent again.
            guard let answer else { continue }
            for format in WireFormat.allCases {
                let service = ServiceDescription(id: "test", address: try ServiceAddress("https://api.mistral.ai"))
                let results = answer.toolCalls.map { call in
                    ModelMessage.toolResult(ToolResult(callID: call.id, toolName: call.name, content: []))
                }
                let request = ModelRequest(
                    messages: [.user([.text("x")]), .assistant(answer)] + results + [.user([.text("y")])])
                let body = ServiceCall(request, to: .test(format), of: service).body
                #expect(throws: Never.self) { try JSON(parsing: body) }
            }
        }
    }
}
