import Linux
import Policy
import SystemPackage

/// The argument vectors of one execve(2), laid out beforehand.
struct Execution {
    private let candidates: CStringArray
    private let arguments: CStringArray
    private let environment: CStringArray

    init(_ command: Command) {
        candidates = CStringArray(command.candidates.map(\.bytes))
        arguments = CStringArray(command.arguments.map(\.bytes))
        environment = CStringArray(command.environment.map { Array($0.assignment.utf8) })
    }

    /// The names of the variables, as they are laid out.
    var environmentNames: [String] {
        environment.strings.map { String(decoding: $0.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self) }
    }

    /// Tries the candidates in order (execvp(3)); returns only by throwing. A file that may not be executed
    /// counts for more than one that is not there.
    func run() throws(Errno) {
        var answer = Errno.noSuchFileOrDirectory
        for index in 0..<candidates.count {
            do throws(Errno) {
                try ProcessControl.execute(candidates, at: index, arguments: arguments, environment: environment)
            } catch {
                if error != .noSuchFileOrDirectory, error != .notDirectory { answer = error }
                if error != .noSuchFileOrDirectory, error != .notDirectory, error != .permissionDenied { break }
            }
        }
        throw answer
    }
}
