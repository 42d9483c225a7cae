internal import CLinux
public import SystemPackage

extension Errno {
    /// The symbol, such as `EACCES` (errno(3)); `errno N` for a number without one.
    public var name: String {
        clinux_errno_name(rawValue).map { String(cString: $0) } ?? "errno \(rawValue)"
    }
}
