import SystemPackage

extension Errno {
    /// Whether it says that something above the launcher forbids a call, rather than that it went wrong.
    var isRefusal: Bool { self == .notPermitted || self == .permissionDenied || self == .noFunction }
}
