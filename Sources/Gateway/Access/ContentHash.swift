import Crypto
import Text

/// How a page's Content-Security-Policy names what may stand in it (CSP level 3, section 2.3.1).
public enum ContentHash {
    /// The source expression of exactly `content`: `'sha256-…'`.
    public static func source(of content: [UInt8]) -> String {
        "'sha256-\(Base64.text(SHA256.hash(data: content)))'"
    }
}
