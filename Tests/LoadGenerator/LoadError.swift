import Glibc

/// What the server, or the system, did that ends a measurement.
enum LoadError: Error, CustomStringConvertible {
    case system(String, Int32)
    case server(String)

    var description: String {
        switch self {
        case .system(let call, let errno): "\(call): \(String(cString: strerror(errno)))"
        case .server(let text): text
        }
    }
}
