/// The names of the events this gateway sends.
enum GatewayEvent {
    static let challenge = "connect.challenge"
    static let tick = "tick"
    static let shutdown = "shutdown"
    static let pairRequested = "device.pair.requested"
    static let pairResolved = "device.pair.resolved"

    /// All of them, as hello-ok lists them.
    static let all = [challenge, tick, shutdown, pairRequested, pairResolved]

    /// Who may hear of `event`; nil means everybody.
    static func scope(_ event: String) -> Scope? {
        event.hasPrefix("device.pair.") ? .pairing : nil
    }
}
