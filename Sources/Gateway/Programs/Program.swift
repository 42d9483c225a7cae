import Dispatch
import Glibc
import Policy
import Subprocess
import SystemPackage

/// A local program, to be run once and to its end.
///
/// It leads a session and a process group of its own, and whatever is left of the group when the program ends is
/// killed: nothing it started goes on. (A process that calls setsid(2) leaves the group; in the sandbox it ends with
/// the sandbox.)
struct Program: Sendable {
    /// A name, looked up in the PATH of `environment`, or a path; a relative one starts at `workingDirectory`.
    var executable: String
    var arguments: [String]
    /// Its whole environment.
    var environment: [String: String]
    var workingDirectory: AbsolutePath
    /// What it can read from standard input, which ends after that.
    var input: [UInt8] = []
    /// What it can read after that, as it comes; nil means nothing.
    var moreInput: ProgramInput?
    var limits = ProgramLimits()

    /// Runs it. `take` is given what it writes to standard output, in the order written.
    ///
    /// Throws `ProgramError` when it cannot be started or goes beyond a limit, `CancellationError` when the task is
    /// cancelled, and what `take` throws. In each case the program is first asked to end (SIGTERM), has
    /// `limits.grace` for it, and is then killed, with its group.
    func run(_ take: @escaping @Sendable ([UInt8]) throws -> Void) async throws -> ProgramEnd {
        try requireWholeTexts()
        _ = Self.ignoringBrokenPipes
        return try await withThrowingTaskGroup(of: ProgramEnd?.self) { group in
            group.addTask { try await execute(take) }
            group.addTask {
                try await Task.sleep(for: limits.time)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let end = first else {
                throw ProgramError.tookTooLong(limits.time)
            }
            try Task.checkCancellation()
            return end
        }
    }

    /// A program that ends before it read all of its input must not end us (write(2), EPIPE).
    private static let ignoringBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// Makes sure that the program gets every argument and variable whole: the kernel ends each at its first NUL character
    /// (execve(2)), and the name of a variable at the first `=`. Throws `ProgramError.notStarted`.
    private func requireWholeTexts() throws(ProgramError) {
        let texts = [executable] + arguments + environment.keys + environment.values
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw .notStarted(executable, reason: "an argument or a variable holds a NUL character")
        }
        guard !environment.keys.contains(where: { $0.isEmpty || $0.contains("=") }) else {
            throw .notStarted(executable, reason: "the name of a variable is empty or holds \"=\"")
        }
    }

    private func execute(_ take: @escaping @Sendable ([UInt8]) throws -> Void) async throws -> ProgramEnd {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: limits.grace)
        ]
        let configuration = Configuration(
            executable: path, arguments: Arguments(arguments), environment: .custom(variables),
            workingDirectory: FilePath(workingDirectory.text), platformOptions: options)
        do {
            let result = try await Subprocess.run(
                configuration, input: .inputWriter, output: .sequence, error: .sequence
            ) {
                execution in
                let complaints = await exchange(with: execution, take)
                // The program's id is its group's, and stays taken until it is reaped, which is after this.
                await Self.waitForEnd(of: execution.processIdentifier)
                kill(-execution.processIdentifier.value, SIGKILL)
                return complaints
            }
            return ProgramEnd(result.terminationStatus, errors: try result.closureResult.get())
        } catch let error as SubprocessError {
            throw ProgramError(error, of: self)
        }
    }

    /// Gives it its input and takes its output, until it writes no more. Returns the end of what it wrote to standard
    /// error, or why it had to be ended.
    private func exchange(
        with execution: Execution<CustomWriteInput, SequenceOutput, SequenceOutput>,
        _ take: @escaping @Sendable ([UInt8]) throws -> Void
    ) async -> Result<String, any Error> {
        async let errors = tail(of: execution.standardError)
        async let isFed: Void = feed(execution.standardInputWriter)
        let result: Result<Void, any Error>
        do {
            result = .success(try await read(execution.standardOutput, take))
        } catch {
            result = .failure(error)
            await execution.teardown(using: [
                .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: limits.grace)
            ])
        }
        let text = await errors
        // Who has nothing more to say reads nothing more.
        moreInput?.end()
        await isFed
        return result.map { text }
    }

    private func read(
        _ output: SubprocessOutputSequence, _ take: @Sendable ([UInt8]) throws -> Void
    ) async throws {
        var count = 0
        for try await buffer in output {
            count += buffer.count
            guard count <= limits.output else { throw ProgramError.wroteTooMuch(limit: limits.output) }
            try take(buffer.withUnsafeBytes(Array.init))
        }
    }

    private func tail(of output: SubprocessOutputSequence) async -> String {
        var bytes: [UInt8] = []
        do {
            for try await buffer in output {
                bytes += buffer.withUnsafeBytes(Array.init)
                if bytes.count > 2 * limits.errors { bytes.removeFirst(bytes.count - limits.errors) }
            }
        } catch {
            // What was read so far is all there is to say.
        }
        let text = String(decoding: bytes.suffix(limits.errors), as: UTF8.self)
        let end = text.lastIndex { !$0.isWhitespace }
        return end.map { String(text[...$0]) } ?? ""
    }

    private func feed(_ writer: StandardInputWriter) async {
        do {
            if !input.isEmpty { _ = try await writer.write(input) }
            if let moreInput {
                for await piece in moreInput.pieces { _ = try await writer.write(piece) }
            }
            try await writer.finish()
        } catch {
            // It ended, or closed its input, before it read everything: its own affair.
        }
    }

    /// Waits until `process` has ended, and leaves it to be reaped.
    private static func waitForEnd(of process: ProcessIdentifier) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var info = siginfo_t()
                while waitid(P_PID, id_t(process.value), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
                continuation.resume()
            }
        }
    }

    private var path: Executable {
        guard executable.contains("/") else { return .name(executable) }
        return .path(FilePath(executable.hasPrefix("/") ? executable : "\(workingDirectory)/\(executable)"))
    }

    private var variables: [Environment.Key: String] {
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        return variables
    }
}

/// How much a program may take.
struct ProgramLimits: Sendable {
    /// Standard output, in bytes. Default 16 MiB.
    var output = 16 << 20
    /// How much of the end of standard error is kept, in bytes. Default 8 KiB.
    var errors = 8 << 10
    /// From its start to its end. Default 600 s.
    var time: Duration = .seconds(600)
    /// Between SIGTERM and SIGKILL. Default 2 s.
    var grace: Duration = .seconds(2)
}
