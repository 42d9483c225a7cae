/// What a policy lets a payload have started beside it, in a sandbox of its own.
public struct SiblingKind: Equatable, Sendable {
    /// The name by which a payload asks for it.
    public var name: String
    /// The policy of its sandbox, as a profile names one. What that says of ports to bind, of siblings and of the profile's
    /// own ports does not count.
    public var policy: String
    /// The one directory of the state directory that it has, by its name there.
    public var directory: String
    /// The programs that may be started, as paths inside.
    public var executables: [AbsolutePath]
    /// The arguments that may be given; a trailing `*` matches any ending.
    public var arguments: [String]
    /// How many there may be at once.
    public var maximum: Int

    /// A kind.
    public init(
        name: String, policy: String, directory: String, executables: [AbsolutePath], arguments: [String],
        maximum: Int = 4
    ) {
        self.name = name
        self.policy = policy
        self.directory = directory
        self.executables = executables
        self.arguments = arguments
        self.maximum = maximum
    }

    /// Why a request for it is refused; nil when it is not.
    public func refusal(of request: SiblingRequest, running: Int) -> Refusal? {
        guard executables.contains(where: { $0.text == request.program }) else {
            return Refusal(
                rule: "sibling-program",
                remedy: "add \"\(request.program)\" to \"siblings\": {\"\(name)\": {\"executables\"}} in the profile")
        }
        if let argument = request.arguments.first(where: { !EnvironmentPattern.matches($0, arguments) }) {
            return Refusal(
                rule: "sibling-argument",
                remedy: "leave \(argument.prefix(200)) out, or list it in \"arguments\" of the policy's \"siblings\"")
        }
        guard running < maximum else {
            return Refusal(
                rule: "too-many-siblings",
                remedy: "end one of the \(running) that run, or raise \"maximum\" in the policy's \"siblings\"")
        }
        return nil
    }

    /// Why a sibling is refused, and what would allow it.
    public struct Refusal: Equatable, Sendable {
        /// The rule's name.
        public var rule: String
        /// The edit that would allow it.
        public var remedy: String

        /// A refusal.
        public init(rule: String, remedy: String) {
            self.rule = rule
            self.remedy = remedy
        }
    }
}

extension SiblingKind {
    /// Reads the members of `siblings` of a policy file.
    static func kinds(of policy: inout StrictObject) throws(PolicyError) -> [SiblingKind] {
        guard var siblings = try policy.object("siblings") else { return [] }
        var kinds: [SiblingKind] = []
        for name in siblings.names {
            guard ProfileName(name) != nil else {
                throw siblings.error(name, "expected a name of letters, digits and \"-\"")
            }
            guard var object = try siblings.object(name) else { continue }
            kinds.append(try SiblingKind(name: name, &object))
        }
        try siblings.finish()
        return kinds
    }

    private init(name: String, _ object: inout StrictObject) throws(PolicyError) {
        self.name = name
        policy = try object.require(try object.string("policy"), "policy")
        directory = try object.require(try object.string("directory"), "directory")
        guard !directory.isEmpty, directory != ".", directory != "..",
            !directory.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
        else {
            throw object.error(
                "directory", "expected the name of a directory in the state directory, found \"\(directory)\"")
        }
        executables = try object.require(try object.paths("executables"), "executables")
        arguments = try object.strings("arguments") ?? []
        maximum = Int(try object.integer("maximum", in: 1...64) ?? 4)
        try object.finish()
    }
}
