import GatewayProtocol

extension PresenceEntry {
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
}
