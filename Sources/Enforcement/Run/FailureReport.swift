import Linux
import Policy
import SystemPackage

/// A failed step on its way from init or payload to the supervisor, through a pipe that exec closes.
///
/// Step index and errno as four bytes each, then the detail as UTF-8; below PIPE_BUF, so written whole.
struct FailureReport: Error {
    let index: Int
    let errno: Errno
    let detail: String

    init(index: Int, errno: Errno, detail: String) {
        self.index = index
        self.errno = errno
        self.detail = detail
    }

    init?(bytes: [UInt8]) {
        guard bytes.count >= 8 else { return nil }
        func number(at offset: Int) -> Int32 {
            Int32(bitPattern: bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        index = Int(number(at: 0))
        errno = Errno(rawValue: number(at: 4))
        detail = String(decoding: bytes[8...], as: UTF8.self)
    }

    var bytes: [UInt8] {
        let numbers = [UInt32(index), UInt32(bitPattern: errno.rawValue)].flatMap { number in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        return numbers + Array(detail.utf8.prefix(2048))
    }
}
