import Foundation
import Synchronization
import Testing

/// The `mazelclaw` that was built beside these tests, with a home of its own and nothing inherited.
final class BuiltCommand: Sendable {
    let home: String
    /// Names no profile of this host has: those an administrator keeps in /etc are read as well.
    let profile = "p-\(UUID().uuidString.prefix(8))"
    let other = "q-\(UUID().uuidString.prefix(8))"

    init() throws {
        home = FileManager.default.temporaryDirectory.appendingPathComponent("command-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: home)
    }

    private static let starting = Mutex(())

    /// What a command said, and the code it ended with.
    struct Result {
        let code: Int32
        let output: String
        let errors: String
    }

    /// Runs a command to its end.
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        try run(arguments, environment: environment)
    }

    /// Runs a command to its end. It reads `input`, which must fit a pipe. `wrapper` is a command that executes the one
    /// that follows it.
    func run(
        _ arguments: [String], environment: [String: String] = [:], wrapper: [String] = [], input: String? = nil
    ) throws -> Result {
        let (process, output, errors) = try launch(arguments, environment, wrapper: wrapper, input: input)
        // Both are short: neither fills its pipe before the other is read.
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: String(decoding: said, as: UTF8.self), errors: String(decoding: complained, as: UTF8.self))
    }

    /// Starts a gateway, waits until it listens, and stops it with `signal` after `body`. Returns its end. `wrapper` is
    /// a command that executes the one that follows it.
    func gateway(
        _ arguments: String..., environment: [String: String] = [:], signal: Int32 = SIGTERM, wrapper: [String] = [],
        _ body: (Process) async throws -> Void
    ) async throws -> Result {
        let (process, output, errors) = try launch(arguments, environment, wrapper: wrapper)
        var said = Data()
        while !String(decoding: said, as: UTF8.self).contains("listening on") {
            let more = output.fileHandleForReading.availableData
            try #require(
                !more.isEmpty,
                "ended early: \(String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))")
            said += more
        }
        defer { process.waitUntilExit() }
        do {
            defer { kill(process.processIdentifier, signal) }
            try await body(process)
        }
        said += output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            output: String(decoding: said, as: UTF8.self), errors: String(decoding: complained, as: UTF8.self))
    }

    func write(_ text: String, to name: String) throws {
        let file = URL(fileURLWithPath: "\(home)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(home)/\(name)", encoding: .utf8)
    }

    private func launch(
        _ arguments: [String], _ environment: [String: String], wrapper: [String] = [], input: String? = nil
    ) throws -> (process: Process, output: Pipe, errors: Pipe) {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        let program = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("mazelclaw")
        let command = wrapper + [program.path] + arguments
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = [
            "HOME": home, "XDG_CONFIG_HOME": "\(home)/config", "XDG_STATE_HOME": "\(home)/state",
            "PATH": "/usr/bin:/bin",
        ].merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        if let input {
            let pipe = Pipe()
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
            process.standardInput = pipe
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        // Foundation's own bookkeeping crashes when two threads start a process at once.
        try Self.starting.withLock { _ in try process.run() }
        return (process, output, errors)
    }
}
