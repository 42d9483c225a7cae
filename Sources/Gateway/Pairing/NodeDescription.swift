import GatewayProtocol
import JSON

/// What a node says of itself.
enum NodeDescription {
    static let id = Field(required: "nodeId", Shape.nonEmptyString, "The node.")
    static let name = Field("displayName", Shape.nonEmptyString, "A name for people.")
    static let platform = Field("platform", Shape.nonEmptyString, "Its operating system.")
    static let version = Field("version", Shape.nonEmptyString, "The program's version.")
    static let coreVersion = Field("coreVersion", Shape.nonEmptyString, "The version of what the program builds on.")
    static let uiVersion = Field("uiVersion", Shape.nonEmptyString, "The version of what people see of it.")
    static let family = Field("deviceFamily", Shape.nonEmptyString, "The kind of device.")
    static let model = Field("modelIdentifier", Shape.nonEmptyString, "The device's model.")
    static let capabilities = Field("caps", Shape.array(of: .nonEmptyString), "What it can do.")
    static let commands = Field("commands", Shape.array(of: .nonEmptyString), "The commands it offers.")
    static let address = Field("remoteIp", Shape.nonEmptyString, "Where it is.")

    private static let names = [
        "displayName", "platform", "version", "coreVersion", "uiVersion", "deviceFamily", "modelIdentifier", "caps",
        "commands", "remoteIp",
    ]

    /// The members of `object` that describe a node, but for its id.
    static func part(of object: JSONObject) -> JSONObject {
        JSONObject(object.members.filter { names.contains($0.name) })
    }
}
