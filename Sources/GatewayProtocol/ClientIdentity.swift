/// The program a client says it is.
///
/// Real clients check and send these words under several product names; all are accepted.
public struct ClientID: Hashable, Sendable {
    /// The id as it was sent: it is part of what a device signs.
    public let text: String
    private let kind: String

    /// Parses `text`; nil when no client has that id.
    public init?(_ text: String) {
        let product = ProductName.all.first { text.hasPrefix("\($0)-") }
        kind = String(text.dropFirst(product.map { $0.count + 1 } ?? 0))
        self.text = text
        let kinds = product == nil ? Self.plainKinds : Self.productKinds
        guard kinds.contains(kind) else { return nil }
    }

    /// Whether this is the browser page served by the gateway.
    package var isControlUI: Bool { kind == "control-ui" }

    /// Whether this is a page in a browser.
    package var isWebPage: Bool { ["control-ui", "webchat-ui", "webchat"].contains(kind) }

    private static let plainKinds = [
        "webchat-ui", "webchat", "cli", "gateway-client", "node-host", "test", "fingerprint",
    ]
    private static let productKinds = ["control-ui", "macos", "ios", "android", "probe"]

    /// Every id there is.
    static let known = plainKinds + ProductName.all.flatMap { product in productKinds.map { "\(product)-\($0)" } }
}

extension Shape where Value == ClientID {
    /// A program that may connect.
    package static let clientID = Shape.parsed(ClientID.known.map { "`\($0)`" }, ClientID.init)
}

/// How a client uses the gateway.
public enum ClientMode: String, Sendable, CaseIterable {
    case webchat, cli, ui, backend, node, probe, test
}

/// The role that a client asks for in `connect` (`role`); it decides which methods it may call.
public enum Role: String, Sendable, CaseIterable {
    /// Someone who uses or administers the gateway.
    case `operator`
    /// A device that offers its abilities to agents.
    case node
}

/// What an operator may do.
public enum Scope: String, Sendable, CaseIterable {
    case admin = "operator.admin"
    case read = "operator.read"
    case write = "operator.write"
    case approvals = "operator.approvals"
    case pairing = "operator.pairing"

    /// Whether someone granted `scopes` may do this. Admin may do all, and who writes may read.
    public func isGranted(by scopes: [String]) -> Bool {
        if scopes.contains(Scope.admin.rawValue) || scopes.contains(rawValue) { return true }
        return self == .read && scopes.contains(Scope.write.rawValue)
    }
}
