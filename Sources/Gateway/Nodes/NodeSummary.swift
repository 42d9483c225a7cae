import GatewayProtocol
import JSON

/// A node as clients are shown it: one that is connected, one that was let in, or both.
struct NodeSummary: Sendable {
    var id: String
    var session: NodeSession?
    var device: PairedDevice?

    /// What its owner calls it, or what it calls itself.
    var name: String? { device?.displayName ?? session?.params.client.displayName }

    var json: JSON {
        let client = session?.params.client
        var object = JSONObject()
        object["nodeId"] = .string(id)
        object["displayName"] = name.map(JSON.string)
        object["platform"] = (client?.platform ?? device?.platform).map(JSON.string)
        object["version"] = client.map { .string($0.version) }
        object["deviceFamily"] = client?.deviceFamily.map(JSON.string)
        object["modelIdentifier"] = client?.modelIdentifier.map(JSON.string)
        object["remoteIp"] = session?.address.map(JSON.string)
        object["caps"] = .strings(session?.params.capabilities.sorted() ?? [])
        object["commands"] = .strings(session?.params.commands.sorted() ?? [])
        object["pathEnv"] = session?.params.pathEnvironment.map(JSON.string)
        object["permissions"] = session.map { session in
            .object(JSONObject(session.params.permissions.map { .init(name: $0.name, value: .bool($0.isGranted)) }))
        }
        object["connectedAtMs"] = session.map { .integer($0.connectedAt) }
        object["paired"] = .bool(device != nil)
        object["connected"] = .bool(session != nil)
        return .object(object)
    }

    /// The members of `json`.
    static let shape = Shape.object(
        Field(required: "nodeId", .string, "The node: its device's id."),
        Field("displayName", .string, "A name for people."), Field("platform", .string, "Its operating system."),
        Field("version", .string, "The program's version."), Field("deviceFamily", .string, "The kind of device."),
        Field("modelIdentifier", .string, "The device's model."),
        Field("remoteIp", .string, "Where it connected from, when not from this host."),
        Field(required: "caps", .array(of: .string), "What it can do."),
        Field(required: "commands", .array(of: .string), "The commands it offers."),
        Field("pathEnv", .string, "Where it looks for programs."),
        Field("permissions", .record(of: .boolean), "What its owner lets it do."),
        Field("connectedAtMs", .integer, "Since when it is connected, in milliseconds since 1970."),
        Field(required: "paired", .boolean, "Whether it was let in."),
        Field(required: "connected", .boolean, "Whether it is connected."))
}
