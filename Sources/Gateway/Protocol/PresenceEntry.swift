import JSON

/// Somebody who is there, as clients show it. Absent members are left out.
struct PresenceEntry: Sendable, Equatable {
    var host: String?
    var ip: String?
    var version: String?
    var platform: String?
    var deviceFamily: String?
    var modelIdentifier: String?
    var mode: String?
    /// Why this was told: `self`, `connect`, `disconnect`, or what the teller says.
    var reason: String?
    /// Seconds since somebody last used the device's keyboard or mouse.
    var lastInput: Int64?
    var deviceID: String?
    var instanceID: String?
    var roles: [String]?
    var scopes: [String]?
    var tags: [String]?
    /// A line for people.
    var text: String
    /// Milliseconds since 1970.
    var time: Int64

    /// The gateway itself.
    static func gateway(on host: HostDescription, at time: Int64) -> PresenceEntry {
        PresenceEntry(
            host: host.name, version: Version.current, platform: host.platform, deviceFamily: host.system,
            modelIdentifier: host.machine, mode: "gateway", reason: "self",
            text: "Gateway \(Version.current) on \(host.name) (\(host.platform))", time: time)
    }

    /// A client that came in. `address` is nil for one on this host.
    static func client(_ params: ConnectParams, _ client: Client, address: String?, at time: Int64) -> PresenceEntry {
        let name = params.client.displayName ?? params.client.id.text
        return PresenceEntry(
            host: name, ip: address, version: params.client.version, platform: params.client.platform,
            deviceFamily: params.client.deviceFamily, modelIdentifier: params.client.modelIdentifier,
            mode: params.client.mode.rawValue, reason: "connect", deviceID: client.deviceID,
            instanceID: params.client.instanceID ?? client.deviceID ?? client.connectionID,
            roles: [client.role.rawValue], scopes: client.scopes,
            text: "\(name) \(params.client.version) on \(params.client.platform)", time: time)
    }

    /// The longest line for people that everybody is told, in bytes, and the most words of each kind.
    private static let textLimit = 1024
    private static let wordLimit = 16

    /// The same with as much of its line and its lists as everybody is told: all hear of all, again and again.
    var shortened: PresenceEntry {
        var entry = self
        entry.text = text.prefix(bytes: Self.textLimit)
        entry.roles = roles.map { Array($0.prefix(Self.wordLimit)) }
        entry.scopes = scopes.map { Array($0.prefix(Self.wordLimit)) }
        entry.tags = tags.map { Array($0.prefix(Self.wordLimit)) }
        return entry
    }

    var json: JSON {
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
    static let shape = Shape.object(
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
    /// An array of strings.
    static func strings(_ strings: [String]) -> JSON { .array(strings.map(JSON.string)) }
}
