import Linux
import Policy
import SystemPackage

/// What init and the payload's process tell the supervisor while the sandbox is being built, over a channel that exec
/// closes.
enum StartMessage {
    /// A step failed; the sender ends.
    case failed(FailureReport)
    /// The payload's terminal is open, and the descriptor that comes along is its master. The sender waits for a reply.
    case terminal
    /// The filter is in force, and this descriptor of the sender's is its listener. The sender waits for a reply
    /// until the supervisor has taken it.
    case listening(on: Int32)
    /// The sender's descriptors of these numbers are the sandbox's listeners for its proxy, in the order the enforcer opens
    /// them. The sender waits for a reply until the supervisor has taken them.
    case opened([Int32])
    /// How the acts of the proof ended, and how long they took. The sender waits for a reply; exec is next, or a failure.
    case proved(ProofOutcomes)

    private static let failedKind: UInt8 = 1
    private static let listeningKind: UInt8 = 2
    private static let provedKind: UInt8 = 3
    private static let terminalKind: UInt8 = 4
    private static let openedKind: UInt8 = 5

    init?(bytes: [UInt8]) {
        switch bytes.first {
        case Self.failedKind:
            guard let report = FailureReport(bytes: bytes.dropFirst()) else { return nil }
            self = .failed(report)
        case Self.terminalKind where bytes.count == 1: self = .terminal
        case Self.listeningKind where bytes.count == 5:
            self = .listening(on: Int32(bigEndianBytes: bytes[1...]))
        case Self.openedKind where bytes.count % 4 == 1:
            self = .opened(stride(from: 1, to: bytes.count, by: 4).map { Int32(bigEndianBytes: bytes[$0..<$0 + 4]) })
        case Self.provedKind where bytes.count >= 5:
            self = .proved(
                ProofOutcomes(microseconds: Int32(bigEndianBytes: bytes[1..<5]), errnos: Array(bytes.dropFirst(5))))
        // The supervisor ends the start: nobody inside sends anything else.
        default: return nil
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .failed(let report): [Self.failedKind] + report.bytes
        case .terminal: [Self.terminalKind]
        case .proved(let outcomes): [Self.provedKind] + outcomes.microseconds.bigEndianBytes + outcomes.errnos
        case .opened(let descriptors): [Self.openedKind] + descriptors.flatMap(\.bigEndianBytes)
        case .listening(let descriptor): [Self.listeningKind] + descriptor.bigEndianBytes
        }
    }

    /// The reply to `terminal`, `listening`, `opened` and `proved`.
    static let proceed: [UInt8] = [1]
}

/// A failed step: its index and errno as four bytes each, then the detail as UTF-8.
struct FailureReport: Error {
    let index: Int
    let errno: Errno
    let detail: String

    init(index: Int, errno: Errno, detail: String) {
        self.index = index
        self.errno = errno
        self.detail = detail
    }

    fileprivate init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count >= 8 else { return nil }
        index = Int(Int32(bigEndianBytes: bytes.prefix(4)))
        errno = Errno(rawValue: Int32(bigEndianBytes: bytes.dropFirst(4).prefix(4)))
        detail = String(decoding: bytes.dropFirst(8), as: UTF8.self)
    }

    fileprivate var bytes: [UInt8] {
        Int32(truncatingIfNeeded: index).bigEndianBytes + errno.rawValue.bigEndianBytes
            + Array(detail.utf8.prefix(2048))
    }
}

extension Int32 {
    fileprivate init(bigEndianBytes bytes: ArraySlice<UInt8>) {
        self.init(bitPattern: bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }

    fileprivate var bigEndianBytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: self >> $0) }
    }
}
