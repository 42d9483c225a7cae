import SystemPackage
import Testing

@testable import Enforcement

@Suite struct StartMessageTests {
    /// A message as a text, for comparing.
    private func text(_ message: StartMessage?) -> String { message.map { "\($0)" } ?? "none" }

    @Test func `what is sent is what is read`() {
        let messages: [StartMessage] = [
            .terminal, .listening(on: 0), .listening(on: .max), .opened([]), .opened([3, 70_000]),
            .proved(ProofOutcomes(microseconds: 1234, errnos: [0, 1, 13, 255])),
            .failed(FailureReport(index: 7, errno: .permissionDenied, detail: "mount(2) of /usr: ü")),
            .failed(FailureReport(index: 0, errno: Errno(rawValue: 0), detail: "")),
        ]
        for message in messages { #expect(text(StartMessage(bytes: message.bytes)) == text(message)) }
    }

    @Test func `a detail of any length fits one message`() {
        let report = FailureReport(index: 1, errno: .noMemory, detail: String(repeating: "x", count: 100_000))
        #expect(StartMessage.failed(report).bytes.count < 10_000)
    }

    @Test func `what nobody sends is no message`() {
        let known = StartMessage.listening(on: 5).bytes
        let strange: [[UInt8]] = [
            [], [0], [9], [255, 1, 2, 3], Array(known.dropLast()), known + [0], [4, 0], [5, 1, 2], [3, 1], [1, 2],
        ]
        for bytes in strange {
            #expect(text(StartMessage(bytes: bytes)) == "none", "\(bytes)")
        }
    }
}
