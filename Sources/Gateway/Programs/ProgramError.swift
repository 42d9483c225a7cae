import Subprocess

/// Why a program did not come to its own end.
enum ProgramError: Error, Equatable, Sendable {
    /// There is no such program, or it may not be run.
    case notFound(String)
    /// It could not be started.
    case notStarted(String, reason: String)
    /// It ran longer than it may.
    case tookTooLong(Duration)
    /// It wrote more than it may, in bytes.
    case wroteTooMuch(limit: Int)

    /// Whether time was what it lacked.
    var isTimeout: Bool { if case .tookTooLong = self { true } else { false } }

    init(_ error: SubprocessError, of program: Program) {
        self =
            switch error.code {
            case .executableNotFound: .notFound(program.executable)
            case .failedToChangeWorkingDirectory:
                .notStarted(program.executable, reason: "cannot enter \(program.workingDirectory)")
            default: .notStarted(program.executable, reason: "\(error)")
            }
    }
}

extension ProgramError: CustomStringConvertible {
    /// One sentence: which program, and what became of it.
    var description: String {
        switch self {
        case .notFound(let name):
            "\(name) cannot be run: there is no such program in PATH, or it is not executable"
        case .notStarted(let name, let reason): "\(name) cannot be started: \(reason)"
        case .tookTooLong(let time): "it took longer than \(time) and was ended"
        case .wroteTooMuch(let limit): "it wrote more than \(limit) bytes and was ended"
        }
    }
}
