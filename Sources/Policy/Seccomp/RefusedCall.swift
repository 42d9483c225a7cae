/// A system call that a policy refuses whatever its arguments are.
public struct RefusedCall: Equatable, Sendable {
    /// Its name; nil for a number without one.
    public var name: String?
    /// Its number on x86-64.
    public var number: UInt32
    /// The error it fails with (errno(3)).
    public var errno: Int32

    /// The call `number`, which fails with `errno`.
    public init(name: String?, number: UInt32, errno: Int32) {
        self.name = name
        self.number = number
        self.errno = errno
    }
}
