import Gateway
import JSON

/// A link to the gateway's page in a browser, which signs in once.
struct DashboardLink {
    /// The address. What signs in stands behind `#`: browsers send that to nobody, and servers and proxies log none of it.
    let url: String
    /// Until when it signs in, in milliseconds since 1970.
    let expiresAt: Int64
    /// What the gateway shows instead of a certificate that browsers know; nil where it speaks no TLS.
    let certificate: CertificateFingerprint?

    /// The link in `answer`, the gateway's at `address` to `dashboard.link`. Throws `ClientError.failed` when it is none:
    /// what the gateway says goes to a terminal, and into a browser.
    init(_ answer: JSON, at address: GatewayAddress) throws(ClientError) {
        guard let path = answer["path"]?.string, path.hasPrefix("/"), !path.hasPrefix("//"),
            path.utf8.allSatisfy(Self.isPathByte), let fragment = answer["fragment"]?.string,
            Self.isSignIn(fragment), let expiresAt = answer["expiresAtMs"]?.integer
        else {
            throw .failed("the gateway's answer is no link; see gateway.controlUi.basePath")
        }
        self.expiresAt = expiresAt
        switch address.encryption {
        case .none: certificate = nil
        case .certificate(let fingerprint): certificate = fingerprint
        }
        let scheme = certificate == nil ? "http" : "https"
        url = "\(scheme)://127.0.0.1:\(address.port)\(path)#\(fragment)"
    }

    /// Whether `fragment` is `signin=` and a secret in hexadecimal digits.
    private static func isSignIn(_ fragment: String) -> Bool {
        let secret = fragment.utf8.dropFirst("signin=".utf8.count)
        return fragment.hasPrefix("signin=") && (1...256).contains(secret.count)
            && secret.allSatisfy("0123456789abcdef".utf8.contains)
    }

    /// Whether `byte` may stand in a path as it is (RFC 3986 section 3.3), save what a shell would not take for itself.
    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/-._~%".utf8.contains(byte)
        }
    }
}
