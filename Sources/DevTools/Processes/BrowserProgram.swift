/// A browser's program, and what it is started with.
package struct BrowserProgram: Sendable {
    /// What has Chromium read commands from descriptor 3 and write answers to 4.
    package static let pipeArgument = "--remote-debugging-pipe"

    /// An absolute path.
    package var executable: String
    /// Its arguments, without its own name and without those for the pipes, which are added.
    package var arguments: [String]
    /// Its whole environment.
    package var environment: [String: String]
    /// Between being asked to end (SIGTERM) and being killed. Default 2.5 s.
    package var grace: Duration = .milliseconds(2500)

    /// - Parameters:
    ///   - executable: the path of the program.
    ///   - arguments: its arguments, without its own name and without those for the pipes.
    ///   - environment: its whole environment; nothing is inherited.
    package init(executable: String, arguments: [String], environment: [String: String]) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }
}
