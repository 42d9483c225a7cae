import Foundation
import Policy
import Testing

/// The program `storage-writer` that was built beside these tests.
final class StorageWriter {
    private let process = Process()
    private let output = Pipe()
    private var said = Data()

    /// Starts it in `mode`; in a mount namespace of its own, after the commands `preparation`, when there are any.
    init(_ mode: String, _ directory: AbsolutePath, preparation: String? = nil) throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let program = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("storage-writer")
        if let preparation {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
            process.arguments = [
                "--user", "--map-root-user", "--mount", "sh", "-c", "set -e; \(preparation); exec \"$@\"", "sh",
                program.path, mode, directory.text,
            ]
        } else {
            process.executableURL = program
            process.arguments = [mode, directory.text]
        }
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// Waits until it says something.
    func waitForWord() {
        if said.isEmpty { said += output.fileHandleForReading.availableData }
    }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
    }

    /// Everything it said, a line each, once it is gone.
    func lines() -> [String] {
        said += output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: said, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Whether this host lets the tests mount something, in a namespace of their own.
    static let canMount: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = [
            "--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt && mount -o remount,ro /mnt",
        ]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
