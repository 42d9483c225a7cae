import JSON

/// What a payload asks of its supervisor over the socket for siblings: to start a program in a sandbox of its own beside the
/// payload's.
///
/// It names what is to be started and nothing of how: mounts, rules, limits and variables are the host's to say. Four
/// descriptors come with it (SCM_RIGHTS, unix(7)): a socket for whole messages on which the two talk about this sibling from
/// then on, and which ends it when it is closed; and three pipes, which become its standard error, 3 and 4.
public struct SiblingRequest: Equatable, Sendable {
    /// What kind of sibling, by the name that the policy gives it.
    public var kind: String
    /// The program: an absolute path that the policy or the profile lists for the kind.
    public var program: String
    /// Its arguments, without its own name. Each must be one that the policy lists for the kind.
    public var arguments: [String]

    /// A request.
    public init(kind: String, program: String, arguments: [String]) {
        self.kind = kind
        self.program = program
        self.arguments = arguments
    }

    /// The most bytes a request may have.
    public static let byteLimit = 16 << 10
    /// The most arguments it may have.
    public static let argumentLimit = 128
    /// How many descriptors come with it.
    public static let descriptorCount = 4

    /// Reads a request: a JSON object of `kind`, `program` and `arguments`, and nothing else.
    ///
    /// Throws `PolicyError` for anything that is none.
    public init(bytes: [UInt8]) throws(PolicyError) {
        let source = "the request"
        guard bytes.count <= Self.byteLimit else {
            throw PolicyError(file: source, message: "longer than \(Self.byteLimit) bytes")
        }
        var object = try StrictDocument(file: source, text: bytes).object()
        kind = try object.require(try object.string("kind"), "kind")
        program = try object.require(try object.string("program"), "program")
        arguments = try object.require(try object.strings("arguments"), "arguments")
        guard arguments.count <= Self.argumentLimit else {
            throw object.error("arguments", "expected at most \(Self.argumentLimit)")
        }
        guard !([program] + arguments).contains(where: { $0.utf8.contains(0) }) else {
            throw object.error("arguments", "expected no NUL character")
        }
        try object.finish()
    }

    /// The request as it is sent.
    public var bytes: [UInt8] {
        let json: JSON = [
            "kind": .string(kind), "program": .string(program), "arguments": .array(arguments.map(JSON.string)),
        ]
        return json.serialized()
    }

    /// The variable that names the descriptor of the socket, which is there where the policy has siblings.
    public static let variable = "MAZELCLAW_SIBLINGS"
}
