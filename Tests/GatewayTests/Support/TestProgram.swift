import Foundation
import Policy
import Testing

@testable import Gateway

/// A program a test wrote, in a directory of its own.
struct TestProgram {
    let directory: TemporaryDirectory
    let path: String

    /// Writes `text`, to be run by `interpreter`.
    init(_ text: String, interpreter: String = "/bin/sh") throws {
        directory = try TemporaryDirectory()
        path = (directory.path / "program").text
        try directory.write("#!\(interpreter)\n\(text)\n", to: "program")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    static func python(_ text: String) throws -> TestProgram {
        try TestProgram(text, interpreter: "/usr/bin/python3")
    }

    func program(_ arguments: [String] = [], input: String = "", limits: ProgramLimits = ProgramLimits()) -> Program {
        Program(
            executable: path, arguments: arguments, environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: directory.path, input: Array(input.utf8), limits: limits)
    }

    /// The number the program wrote to the file `name`, once it has.
    func number(in name: String) async throws -> Int32 {
        for _ in 0..<6000 {
            if let text = try? directory.read(name), text.hasSuffix("\n"), let number = Int32(text.dropLast()) {
                return number
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw NotWritten()
    }

    private struct NotWritten: Error {}
}

/// Whether the process `id` is gone, or gone but for its entry, at the latest in a minute.
func isGone(_ id: Int32) async throws -> Bool {
    for _ in 0..<6000 {
        let status = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        let state = status.split(separator: ")").last?.split(separator: " ").first
        if state == nil || state == "Z" { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
