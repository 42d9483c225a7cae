public import JSON
public import Policy

/// The host's word that one profile may look at another and propose changes to it, for a while.
public struct RepairGrant: Equatable, Sendable {
    /// What it is called in logs: eight hexadecimal digits.
    public let id: String
    /// The profile that may be repaired.
    public let target: ProfileName
    /// The profile that may look at `target` and propose changes to it.
    public let rescue: ProfileName
    /// When it began, in seconds since 1970.
    public let grantedAt: Int64
    /// When it ends, in seconds since 1970.
    public let expiresAt: Int64
    /// The process that keeps it.
    public let processID: Int32
    /// A change that is being made, or was made by a process that did not live to see what became of it.
    public var change: Change?

    /// A change of the target's configuration.
    public struct Change: Equatable, Sendable {
        /// What was proposed.
        public let proposal: String
        /// The SHA-256 of what it makes of the file.
        public let result: String
        /// Whether there was a file before.
        public let hadFile: Bool

        /// A change that `proposal` asked for.
        public init(proposal: String, result: String, hadFile: Bool) {
            self.proposal = proposal
            self.result = result
            self.hadFile = hadFile
        }
    }

    /// A grant that nothing was done with.
    public init(
        id: String, target: ProfileName, rescue: ProfileName, grantedAt: Int64, expiresAt: Int64, processID: Int32
    ) {
        self.id = id
        self.target = target
        self.rescue = rescue
        self.grantedAt = grantedAt
        self.expiresAt = expiresAt
        self.processID = processID
    }

    /// Reads a record; nil for what is none.
    init?(_ json: JSON) {
        func name(_ key: String) -> ProfileName? { json[key]?.string.flatMap { ProfileName($0) } }
        guard let id = json["id"]?.string, let target = name("target"), let rescue = name("from"),
            let grantedAt = json["grantedAt"]?.integer, let expiresAt = json["expiresAt"]?.integer,
            let processID = json["pid"]?.integer.flatMap(Int32.init(exactly:))
        else { return nil }
        self.init(
            id: id, target: target, rescue: rescue, grantedAt: grantedAt, expiresAt: expiresAt, processID: processID)
        guard let proposal = json["change"]?["proposal"]?.string, let result = json["change"]?["result"]?.string,
            let hadFile = json["change"]?["hadFile"]?.bool
        else { return }
        change = Change(proposal: proposal, result: result, hadFile: hadFile)
    }

    /// The record as it stands in the grant's file.
    public var json: JSON {
        var object: JSONObject = [
            "id": .string(id), "target": .string(target.text), "from": .string(rescue.text),
            "grantedAt": .integer(grantedAt), "expiresAt": .integer(expiresAt), "pid": .integer(Int64(processID)),
        ]
        if let change {
            object["change"] = [
                "proposal": .string(change.proposal), "result": .string(change.result),
                "hadFile": .bool(change.hadFile),
            ]
        }
        return .object(object)
    }
}
