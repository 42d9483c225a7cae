public import Configuration

extension GatewayConfiguration {
    /// Whether the gateway may start with this: nothing is missing, and its certificate can be used. Throws
    /// `ConfigurationError.blocked` with what to change.
    public func requireStartable(allowsUnconfigured: Bool) throws(ConfigurationError) {
        try requireComplete(allowsUnconfigured: allowsUnconfigured)
        _ = try tlsIdentity()
    }
}
