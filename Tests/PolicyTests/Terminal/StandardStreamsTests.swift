import Testing

@testable import Policy

@Suite struct StandardStreamsTests {
    private typealias Stream = StandardStreams.Stream

    private func stream(_ kind: Stream.Kind, _ inode: UInt64) -> Stream {
        Stream(kind, FileIdentity(device: 1, inode: inode))
    }

    private func relays(_ input: Stream, _ output: Stream, _ error: Stream, status: Stream? = nil) -> StreamRelays {
        StandardStreams(input: input, output: output, error: error, status: status).relays
    }

    @Test func `a terminal is never passed on, whichever stream it is`() {
        let (terminal, file) = (stream(.terminal, 1), stream(.file, 2))
        #expect(relays(terminal, file, file) == StreamRelays(replacesInput: true, pipes: []))
        #expect(relays(file, terminal, file) == StreamRelays(replacesInput: false, pipes: [[1]]))
        #expect(relays(file, file, terminal) == StreamRelays(replacesInput: false, pipes: [[2]]))
        #expect(relays(terminal, terminal, terminal) == StreamRelays(replacesInput: true, pipes: [[1, 2]]))
        #expect(
            relays(terminal, terminal, stream(.terminal, 3)) == StreamRelays(replacesInput: true, pipes: [[1], [2]]))
    }

    @Test func `where the launcher writes the payload does not`() {
        let (file, one, other) = (stream(.file, 1), stream(.channel, 2), stream(.channel, 3))
        #expect(relays(file, one, one) == StreamRelays(replacesInput: false, pipes: [[1, 2]]))
        #expect(relays(file, one, other) == StreamRelays(replacesInput: false, pipes: [[2]]))
        #expect(relays(file, one, file, status: one) == StreamRelays(replacesInput: false, pipes: [[1]]))
        #expect(relays(file, one, other, status: one) == StreamRelays(replacesInput: false, pipes: [[1], [2]]))
        #expect(relays(other, one, file).isEmpty)
        #expect(relays(file, file, file).isEmpty)
        #expect(StandardStreams.null.relays.isEmpty)
    }

    @Test func `input that is one with what the launcher writes to is a conflict`() {
        let (file, one, other) = (stream(.file, 1), stream(.channel, 2), stream(.channel, 3))
        func conflict(_ input: Stream, _ error: Stream, status: Stream? = nil) -> String? {
            StandardStreams(input: input, output: file, error: error, status: status).conflict
        }
        #expect(conflict(one, one)?.contains("standard error") == true)
        #expect(conflict(one, other, status: one)?.contains("--status-fd") == true)
        #expect(conflict(one, other, status: other) == nil)
        #expect(conflict(file, file) == nil)
        #expect(conflict(stream(.terminal, 4), stream(.terminal, 4)) == nil)
    }
}
