import Glibc
import SystemPackage

/// The result of a raw system call: its value, or the errno it left.
@inline(__always)
func valueOrErrno<Value: BinaryInteger>(_ value: Value) throws(Errno) -> Value {
    guard value != -1 else { throw Errno(rawValue: Glibc.errno) }
    return value
}

/// As `valueOrErrno`, repeating a call that a signal interrupted (EINTR, signal(7)).
@inline(__always)
func retryingOnInterrupt<Value: BinaryInteger>(_ call: () -> Value) throws(Errno) -> Value {
    while true {
        do throws(Errno) {
            return try valueOrErrno(call())
        } catch {
            guard error == .interrupted else { throw error }
        }
    }
}
