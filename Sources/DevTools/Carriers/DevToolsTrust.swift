import NIOCore
import NIOSSL

/// Whom a browser may be that is reached over TLS.
package enum DevToolsTrust: Sendable {
    /// Whoever has a certificate for its name or address from one of the host's authorities.
    case system
    /// Whoever has one from these authorities alone, written as PEM.
    case certificates(String)

    /// What the other end at `address` must show; nil without TLS. Throws `DevToolsError.unreachable` when that cannot be
    /// found out.
    func security(for address: DevToolsAddress) throws(DevToolsError) -> DevToolsSecurity? {
        guard address.scheme.isSecure else { return nil }
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            if case .certificates(let text) = self {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(text.utf8)))
            }
            return DevToolsSecurity(context: try NIOSSLContext(configuration: configuration), host: address.host)
        } catch {
            throw .unreachable("\(address)", reason: "TLS cannot be set up: \(error)")
        }
    }
}

/// What the other end of a connection must show.
struct DevToolsSecurity: Sendable {
    let context: NIOSSLContext
    let host: String

    /// Has everything above it in `pipeline` go through TLS.
    func add(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        // An address is no name to ask for (RFC 6066 section 3); the certificate is held against it all the same.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host))
    }
}

/// What goes wrong with TLS.
enum TLSFault {
    /// What `error` says of TLS; nil when it says something else.
    static func reason(_ error: any Error) -> String? {
        switch error {
        case is NIOSSLExtraError: "its certificate is not for this host: \(error)"
        case NIOSSLError.handshakeFailed(let fault): "TLS failed, or its certificate is not trusted: \(fault)"
        case is NIOSSLError, is BoringSSLError: "TLS failed: \(error)"
        default: nil
        }
    }
}
