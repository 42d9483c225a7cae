import GatewayProtocol

/// Which request to be paired a decision is about, for devices and for nodes.
struct PairingDecision {
    var requestID: String

    static let schema = Schema(
        Field(required: "requestId", .nonEmptyString, "The request's id."), as: PairingDecision.init)

    static let unknown = ProtocolError(.invalidRequest, "unknown requestId")
}
