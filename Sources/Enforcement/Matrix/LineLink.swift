import Glibc
import JSON
import Linux
import SystemPackage

/// JSON values, one a line, read from one descriptor and written to another.
struct LineLink {
    private let input: FileDescriptor
    private let output: FileDescriptor
    private var pending: [UInt8] = []

    init(input: FileDescriptor, output: FileDescriptor) {
        self.input = input
        self.output = output
    }

    /// How long the other side may take for one answer, in milliseconds.
    private static let patience: Int32 = 30_000

    func send(_ value: JSON) throws(Errno) {
        try output.writeEverything((value.text() + "\n").utf8)
    }

    /// The next value; nil when the other side has closed its end. ETIMEDOUT when it takes too long, EBADMSG for a line
    /// that is no JSON.
    mutating func receive(isPatient: Bool = false) throws(Errno) -> JSON? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(pending[..<end])
                pending.removeFirst(end + 1)
                guard let value = try? JSON(parsing: line) else { throw .badMessage }
                return value
            }
            let ready = try Readiness.wait(for: [.reading(input)], milliseconds: isPatient ? -1 : Self.patience)
            guard !ready.isEmpty else { throw .timedOut }
            let bytes = try input.readSome(limit: 64 << 10)
            guard !bytes.isEmpty else { return nil }
            pending += bytes
        }
    }
}
