import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension ModelFailure {
    /// What `error`, which came up on the way to or from the service at `address`, means. Of what the libraries say, only
    /// what holds nothing of the request is passed on. `hasBegun` says whether an answer had begun.
    init(_ error: any Error, at address: ServiceAddress, hasBegun: Bool) {
        switch error {
        case let failure as ModelFailure: self = failure
        case is CancellationError: self = .aborted
        case let error as HTTPClientError: self.init(error, at: address)
        case let error as NIOConnectionError:
            let host = "\(error.host):\(error.port)"
            if let failed = error.connectionErrors.first {
                self.init(.unreachable, "nobody answers at \(host): \(Self.reason(failed.error))")
            } else {
                self.init(.unreachable, "the host \(error.host) is not known here; check baseUrl and the host's DNS")
            }
        case is ChannelError: self.init(.unreachable, "no connection to \(address.origin) within the time for it")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self.init(
                .untrusted,
                "the certificate of \(address.origin) is not trusted, or it speaks no TLS: \(ServiceFault.plain("\(error)"))"
            )
        case is HTTPParserError: self.init(.malformed, "what \(address.origin) sent is no HTTP")
        case let error as IOError where !hasBegun:
            self.init(.unreachable, "nobody answers at \(address.origin): \(Self.reason(error))")
        case let error as IOError:
            self.init(.truncated, "the connection to \(address.origin) broke: \(Self.reason(error))")
        default:
            self.init(
                hasBegun ? .truncated : .unreachable,
                "the connection to \(address.origin) broke: \(type(of: error))")
        }
    }

    private init(_ error: HTTPClientError, at address: ServiceAddress) {
        switch error {
        case .cancelled, .requestStreamCancelled: self = .aborted
        case .connectTimeout, .getConnectionFromPoolTimeout, .deadlineExceeded, .tlsHandshakeTimeout:
            self.init(.unreachable, "no connection to \(address.origin) within the time for it")
        case .httpProxyHandshakeTimeout, .socksHandshakeTimeout, .invalidProxyResponse, .proxyAuthenticationRequired:
            self.init(
                .unreachable, "the proxy to \(address.origin) refuses the connection: \(error.shortDescription)")
        case .readTimeout, .writeTimeout: self.init(.timeout, "\(address.origin) did not go on in time")
        case .remoteConnectionClosed, .uncleanShutdown:
            self.init(.truncated, "\(address.origin) closed the connection before the answer was whole")
        default:
            // Without what the library says of it: that may be a header field.
            self.init(.rejected, "the request to \(address.origin) cannot be made: \(error.shortDescription)")
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return ServiceFault.plain("\(error)") }
        return switch error.errnoCode {
        case ECONNREFUSED: "connection refused"
        case EACCES, EPERM: "the sandbox or the host does not permit this connection"
        case ENETUNREACH, EHOSTUNREACH: "no route to it"
        case ECONNRESET, EPIPE: "connection reset"
        case ETIMEDOUT: "timed out"
        case let code: "error \(code)"
        }
    }

    /// Whoever asked wants no answer any more.
    static let aborted = ModelFailure(.aborted, "the answer is not wanted any more")
}
