/// A script that stands in for a program where only the program can be chosen, and runs it in a profile's sandbox.
///
/// The launcher takes the script's place, so that whoever started it (a service manager, a supervisor) watches over the
/// launcher: signals, notifications and the exit status pass through it.
public struct WrapperScript: Equatable, Sendable {
    /// The launcher that the script executes, by its absolute path.
    public var launcher: AbsolutePath
    /// The profile in whose sandbox the program runs.
    public var profile: ProfileName
    /// The launcher's other options, word by word.
    public var options: [String]
    /// The program and its first arguments. The script's own come after them.
    public var command: [ByteString]

    /// The script that runs `command` with these options, and hands it the arguments that the script is given.
    public init(launcher: AbsolutePath, profile: ProfileName, options: [String], command: [ByteString]) {
        self.launcher = launcher
        self.profile = profile
        self.options = options
        self.command = command
    }

    /// The script's text.
    public var bytes: [UInt8] {
        let words = [launcher.text, "--profile", profile.text] + options
        var bytes = Array(
            """
            #!/bin/sh
            # Written by `mazelclaw-run wrapper`. Runs a program in the sandbox of the profile "\(profile)", with what arguments
            # this script is given after those below.
            exec
            """.utf8)
        for word in words.map({ Array($0.utf8) }) + [Array("--".utf8)] + command.map(\.bytes) {
            bytes.append(UInt8(ascii: " "))
            bytes += Self.quoted(word)
        }
        return bytes + Array(" \"$@\"\n".utf8)
    }

    /// `word` as one word of the shell's (POSIX.1-2024, Shell Command Language, 2.2.2).
    private static func quoted(_ word: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "'")
        return [quote] + word.flatMap { $0 == quote ? Array(#"'\''"#.utf8) : [$0] } + [quote]
    }
}
