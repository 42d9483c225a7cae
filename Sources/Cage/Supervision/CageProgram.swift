import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// `mazelclaw-tool` as a whole.
public enum CageProgram {
    /// Does what the command line says, and ends the process.
    public static func main() -> Never {
        let words = OwnProcess.arguments.dropFirst().map { ByteString(bytes: $0) }
        if words == [ByteString("--help")] {
            try? FileDescriptor.standardOutput.writeEverything(CageArguments.help.utf8)
            exit(0)
        }
        let reports = words.prefix { $0 != ByteString("--") }.contains(ByteString("--report"))
        do throws(CageError) {
            exit(try run(words, reports))
        } catch {
            if reports {
                say(
                    ([
                        "event": "refused", "code": .integer(Int64(error.code.rawValue)),
                        "message": .string(error.message),
                    ]
                        as JSON).text())
            } else {
                say("mazelclaw-tool: \(error.message)")
            }
            exit(error.code.rawValue)
        }
    }

    private static func run(_ words: [ByteString], _ reports: Bool) throws(CageError) -> Int32 {
        let executable = try ownExecutable()
        let mutation = try Mutation(helper: executable)
        if mutation.keeps(.descriptors) {
            do throws(Errno) {
                try OwnProcess.tidyDescriptors(keeping: [])
            } catch {
                throw CageError(.isolation, "cannot close descriptors: \(error.name) (\(error))")
            }
        }
        let inherited = OwnProcess.environment.compactMap { EnvironmentVariable(assignment: $0) }
        let cage = try Cage(try CageArguments(words), executable: executable, inherited: inherited)
        let end = try Keeper(cage: cage).run()
        switch end {
        case .program(.exited(let code)):
            if reports { say((["event": "ended", "exitCode": .integer(Int64(code))] as JSON).text()) }
            return code
        case .program(.killed(let signal)):
            if reports { say((["event": "ended", "signal": .integer(Int64(signal))] as JSON).text()) }
            return ExitCode.killed(bySignal: signal)
        case .cutOff(let signal):
            if reports { say((["event": "cut off", "signal": .integer(Int64(signal))] as JSON).text()) }
            return ExitCode.killed(bySignal: signal)
        }
    }

    private static func ownExecutable() throws(CageError) -> AbsolutePath {
        do throws(Errno) {
            if let path = AbsolutePath(try OwnProcess.executable()) { return path }
            throw .noSuchFileOrDirectory
        } catch {
            throw CageError(
                .isolation,
                "cannot find out where mazelclaw-tool lies (/proc/self/exe): \(error.name) (\(error)); mount /proc")
        }
    }

    private static func say(_ line: String) {
        // A reader that has gone away changes nothing.
        try? FileDescriptor.standardError.writeEverything("\(line)\n".utf8)
    }
}
