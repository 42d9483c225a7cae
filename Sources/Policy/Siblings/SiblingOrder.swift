import JSON

/// What the one who asked for a sibling wants of it, while it runs.
public enum SiblingOrder: Equatable, Sendable {
    /// Send its program this signal; SIGKILL ends all that is in its sandbox.
    case signal(Int32)
    /// Look at its processes that have this argument, and tell how the kernel holds them, and how much memory all take.
    case inspect(argument: String)

    /// The most bytes an order may have.
    public static let byteLimit = 256

    /// The signals that may be sent: SIGINT, SIGKILL, SIGTERM (signal(7)).
    private static let signals: ClosedRange<Int64> = 2...15
    private static let listed: [Int64] = [2, 9, 15]

    /// Reads an order: a JSON object of `signal` or of `inspect`, and nothing else.
    ///
    /// Throws `PolicyError` for anything that is none.
    public init(bytes: [UInt8]) throws(PolicyError) {
        let source = "the order"
        guard bytes.count <= Self.byteLimit else {
            throw PolicyError(file: source, message: "longer than \(Self.byteLimit) bytes")
        }
        var object = try StrictDocument(file: source, text: bytes).object()
        let signal = try object.integer("signal", in: Self.signals)
        let argument = try object.string("inspect")
        try object.finish()
        switch (signal, argument) {
        case (let signal?, nil) where Self.listed.contains(signal): self = .signal(Int32(signal))
        case (nil, let argument?) where !argument.isEmpty: self = .inspect(argument: argument)
        default:
            throw PolicyError(file: source, message: "expected \"signal\" 2, 9 or 15, or an argument to \"inspect\"")
        }
    }

    /// The order as it is sent.
    public var bytes: [UInt8] {
        let json: JSON =
            switch self {
            case .signal(let number): ["signal": .integer(Int64(number))]
            case .inspect(let argument): ["inspect": .string(argument)]
            }
        return json.serialized()
    }
}
