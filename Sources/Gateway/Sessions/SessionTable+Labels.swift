import GatewayProtocol

extension SessionTable {
    /// Throws `ProtocolError` when another session than `key` is called `label`.
    func requireUnused(_ label: String, by key: SessionKey) throws {
        guard let other = try find(label: label), other.key != key else { return }
        throw ProtocolError(.invalidRequest, "label already in use: \(label)")
    }
}
