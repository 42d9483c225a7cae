import Subprocess

/// How a program ended.
struct ProgramEnd: Sendable {
    /// The code it exited with, or the signal that ended it.
    enum Status: Equatable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    var status: Status
    /// The end of what it wrote to standard error, without white space at its end.
    var errors: String

    init(_ status: TerminationStatus, errors: String) {
        self.status =
            switch status {
            case .exited(let code): .exited(code)
            case .signaled(let signal): .signalled(signal)
            }
        self.errors = errors
    }

    var isSuccess: Bool { status == .exited(0) }
}

extension ProgramEnd.Status: CustomStringConvertible {
    /// `exited with code 3`.
    var description: String {
        switch self {
        case .exited(let code): "exited with code \(code)"
        case .signalled(let signal): "was ended by signal \(signal)"
        }
    }
}
