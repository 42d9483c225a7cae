/// What the launcher was started with as standard input, output and error, and where it reports to.
public struct StandardStreams: Equatable, Sendable {
    /// A stream, as fstat(2) and isatty(3) tell.
    public struct Stream: Equatable, Sendable {
        /// What makes a difference to who may have it.
        public enum Kind: Equatable, Sendable {
            case terminal
            /// A pipe, a FIFO or a socket: another end may read it, or fail to.
            case channel
            /// A file or a device, which keeps nobody waiting.
            case file
        }

        /// Who could be kept waiting by it, or be typed to through it.
        public var kind: Kind
        /// The open file's device and inode: two descriptors of one file lead to the same place.
        public var identity: FileIdentity

        /// A stream of this kind, which leads to the file with this identity.
        public init(_ kind: Kind, _ identity: FileIdentity) {
            self.kind = kind
            self.identity = identity
        }
    }

    /// Descriptor 0.
    public var input: Stream
    /// Descriptor 1.
    public var output: Stream
    /// Descriptor 2, where the launcher says what happens.
    public var error: Stream
    /// Where it reports for programs (`--status-fd`); nil when nowhere.
    public var status: Stream?

    /// The streams of a launcher. Without `status` it reports to no descriptor.
    public init(input: Stream, output: Stream, error: Stream, status: Stream? = nil) {
        self.input = input
        self.output = output
        self.error = error
        self.status = status
    }

    /// All three are /dev/null.
    public static let null: StandardStreams = {
        let null = Stream(.file, FileIdentity(device: 0, inode: 0))
        return StandardStreams(input: null, output: null, error: null)
    }()

    /// Whether the launcher itself writes to the very pipe or socket that `stream` is.
    private func isShared(_ stream: Stream) -> Bool {
        stream.kind == .channel && (stream.identity == error.identity || stream.identity == status?.identity)
    }

    /// Why no payload can be given these streams, in one sentence; nil when one can.
    ///
    /// Input is not relayed, and cannot be the payload's when the launcher's words go the same way.
    public var conflict: String? {
        guard isShared(input) else { return nil }
        let other = input.identity == error.identity ? "standard error" : "the descriptor of --status-fd"
        return "standard input and \(other) are one pipe or socket, in which the payload could take back or hold up "
            + "what the launcher says; redirect one of them, for example with 2>FILE (StandardError=journal in a unit)"
    }

    /// How a payload is given these streams.
    public var relays: StreamRelays {
        var pipes: [[Int32]] = []
        if output.kind == .terminal || isShared(output) { pipes.append([1]) }
        if error.kind != .file {
            // One pipe where the two are one stream: what was written first is shown first.
            if pipes == [[1]], output.identity == error.identity { pipes = [[1, 2]] } else { pipes.append([2]) }
        }
        return StreamRelays(replacesInput: input.kind == .terminal, pipes: pipes)
    }
}

/// Which of the launcher's standard streams a payload gets others for.
public struct StreamRelays: Equatable, Sendable {
    /// Whether standard input is /dev/null.
    public var replacesInput: Bool
    /// The descriptors that are a pipe's end, which the supervisor relays; those that share one pipe together.
    public var pipes: [[Int32]]

    /// Whether the payload has all streams as they are.
    public var isEmpty: Bool { !replacesInput && pipes.isEmpty }
}
