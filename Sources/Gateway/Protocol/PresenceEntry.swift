import JSON

/// Somebody who is there, as clients show it.
struct PresenceEntry {
    var host: String
    var version: String
    var platform: String
    var deviceFamily: String
    var modelIdentifier: String
    var mode: String
    var reason: String
    /// Milliseconds since 1970.
    var time: Int64

    /// The gateway itself.
    static func gateway(on host: HostDescription, at time: Int64) -> PresenceEntry {
        PresenceEntry(
            host: host.name, version: Version.current, platform: host.platform, deviceFamily: host.system,
            modelIdentifier: host.machine, mode: "gateway", reason: "self", time: time)
    }

    var json: JSON {
        [
            "host": .string(host), "version": .string(version), "platform": .string(platform),
            "deviceFamily": .string(deviceFamily), "modelIdentifier": .string(modelIdentifier),
            "mode": .string(mode), "reason": .string(reason),
            "text": .string("Gateway \(version) on \(host) (\(platform))"), "ts": .integer(time),
        ]
    }
}
