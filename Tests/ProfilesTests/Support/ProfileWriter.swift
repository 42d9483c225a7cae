import Foundation

/// The program `profile-writer` that was built beside these tests, ready to begin.
final class ProfileWriter {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var said = Data()

    /// Starts it, and waits until it has nothing left to do but what it is for.
    init(_ words: String..., in state: String) throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(filePath: tests).deletingLastPathComponent().appending(path: "profile-writer")
        process.arguments = [words[0], state] + words.dropFirst()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        _ = nextLine()
    }

    /// Lets it begin.
    func begin() {
        input.fileHandleForWriting.write(Data("\n".utf8))
    }

    /// The next line that it says; nil when it has ended.
    func nextLine() -> String? {
        while true {
            if let end = said.firstIndex(of: UInt8(ascii: "\n")) {
                defer { said = Data(said[(end + 1)...]) }
                return String(decoding: said[..<end], as: UTF8.self)
            }
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { return nil }
            said += piece
        }
    }

    /// Ends its input, and returns all that it says until it is gone.
    func lines() -> [String] {
        try? input.fileHandleForWriting.close()
        var lines: [String] = []
        while let line = nextLine() { lines.append(line) }
        process.waitUntilExit()
        return lines
    }

    /// Ends it as a crash would.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
