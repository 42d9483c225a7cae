package import JSON
import Text

/// Somebody who is there, as clients show it. Absent members are left out.
package struct PresenceEntry: Sendable, Equatable {
    package var host: String?
    package var ip: String?
    package var version: String?
    package var platform: String?
    package var deviceFamily: String?
    package var modelIdentifier: String?
    package var mode: String?
    /// Why this was told: `self`, `connect`, `disconnect`, or what the teller says.
    package var reason: String?
    /// Seconds since somebody last used the device's keyboard or mouse.
    package var lastInput: Int64?
    package var deviceID: String?
    package var instanceID: String?
    package var roles: [String]?
    package var scopes: [String]?
    package var tags: [String]?
    /// A line for people.
    package var text: String
    /// Milliseconds since 1970.
    package var time: Int64

    package init(
        host: String? = nil, ip: String? = nil, version: String? = nil, platform: String? = nil,
        deviceFamily: String? = nil, modelIdentifier: String? = nil, mode: String? = nil, reason: String? = nil,
        lastInput: Int64? = nil, deviceID: String? = nil, instanceID: String? = nil, roles: [String]? = nil,
        scopes: [String]? = nil, tags: [String]? = nil, text: String, time: Int64
    ) {
        self.host = host
        self.ip = ip
        self.version = version
        self.platform = platform
        self.deviceFamily = deviceFamily
        self.modelIdentifier = modelIdentifier
        self.mode = mode
        self.reason = reason
        self.lastInput = lastInput
        self.deviceID = deviceID
        self.instanceID = instanceID
        self.roles = roles
        self.scopes = scopes
        self.tags = tags
        self.text = text
        self.time = time
    }

    /// The gateway itself.
    package static func gateway(on host: HostDescription, at time: Int64) -> PresenceEntry {
        PresenceEntry(
            host: host.name, version: Version.current, platform: host.platform, deviceFamily: host.system,
            modelIdentifier: host.machine, mode: "gateway", reason: "self",
            text: "Gateway \(Version.current) on \(host.name) (\(host.platform))", time: time)
    }

    /// The longest line for people that everybody is told, in bytes, and the most words of each kind.
    private static let textLimit = 1024
    private static let wordLimit = 16

    /// The same with as much of its line and its lists as everybody is told: all hear of all, again and again.
    package var shortened: PresenceEntry {
        var entry = self
        entry.text = text.prefix(bytes: Self.textLimit)
        entry.roles = roles.map { Array($0.prefix(Self.wordLimit)) }
        entry.scopes = scopes.map { Array($0.prefix(Self.wordLimit)) }
        entry.tags = tags.map { Array($0.prefix(Self.wordLimit)) }
        return entry
    }

    package var json: JSON {
        var object = JSONObject()
        object["host"] = host.map(JSON.string)
        object["ip"] = ip.map(JSON.string)
        object["version"] = version.map(JSON.string)
        object["platform"] = platform.map(JSON.string)
        object["deviceFamily"] = deviceFamily.map(JSON.string)
        object["modelIdentifier"] = modelIdentifier.map(JSON.string)
        object["mode"] = mode.map(JSON.string)
        object["reason"] = reason.map(JSON.string)
        object["lastInputSeconds"] = lastInput.map(JSON.integer)
        object["deviceId"] = deviceID.map(JSON.string)
        object["instanceId"] = instanceID.map(JSON.string)
        object["roles"] = roles.map(JSON.strings)
        object["scopes"] = scopes.map(JSON.strings)
        object["tags"] = tags.map(JSON.strings)
        object["text"] = .string(text)
        object["ts"] = .integer(time)
        return .object(object)
    }

    /// The members of `json`.
    package static let shape = Shape.object(
        Field("host", .string, "The host's name, or the client's."),
        Field("ip", .string, "Its address, when it is not this host's."),
        Field("version", .string, "The program's version."), Field("platform", .string, "The operating system."),
        Field("deviceFamily", .string, "The kind of device."), Field("modelIdentifier", .string, "The device's model."),
        Field("mode", .string, "How it uses the gateway; `gateway` is the gateway itself."),
        Field("reason", .string, "Why this was told: `self`, `connect`, `disconnect`, or the teller's own word."),
        Field("lastInputSeconds", .integer, "Seconds since somebody used the device."),
        Field("deviceId", .string, "The device."), Field("instanceId", .string, "Tells two runs of one program apart."),
        Field("roles", .array(of: .string), "What it is."), Field("scopes", .array(of: .string), "What it may do."),
        Field("tags", .array(of: .string), "The teller's own words."),
        Field(required: "text", .string, "A line for people."),
        Field(required: "ts", .integer, "When this was told, in milliseconds since 1970."))
}

extension JSON {
    /// An array of these strings, in their order.
    package static func strings(_ strings: [String]) -> JSON { .array(strings.map(JSON.string)) }
}
