/// Who starts browsers' programs: this process itself, or somebody who gives each a place of its own.
package protocol BrowserLauncher: Sendable {
    /// Starts `program` with pipes. Throws `DevToolsError.notStarted`.
    func start(_ program: BrowserProgram) async throws(DevToolsError) -> LaunchedBrowser
}

/// A browser's program that was started, and the ends of its pipes that are ours. Whoever has it must close them.
package struct LaunchedBrowser: Sendable {
    /// Where its answers come from.
    package var reading: Int32
    /// Where commands to it go.
    package var writing: Int32
    /// Where what it writes to standard error comes from.
    package var errors: Int32
    /// Tells when it ends, and ends it.
    package var life: any BrowserLife

    /// A program with its pipes.
    package init(reading: Int32, writing: Int32, errors: Int32, life: any BrowserLife) {
        (self.reading, self.writing, self.errors, self.life) = (reading, writing, errors, life)
    }
}

/// The life of a browser's program: until it ends, and nothing that it started is left.
package protocol BrowserLife: Sendable {
    /// The process, whose number is its group's too, where it is seen from here; nil where it is not.
    var processID: Int32? { get }

    /// Sends `number` to it: SIGTERM to ask it to end, SIGKILL to end it with all that it has started.
    func signal(_ number: Int32)

    /// Waits until nothing of it is left, in a thread that does nothing else.
    func waitForEnd() -> BrowserProcess.End

    /// How the kernel holds its processes that have this argument, and how much memory all of them take, as somebody outside
    /// sees them; nil where nobody tells.
    func inspect(argument: String) async -> BrowserInspection?
}

/// How the kernel holds some of a browser's processes.
package struct BrowserInspection: Sendable, Equatable {
    /// How many processes were looked at.
    package var found: Int
    /// How many of them are in a PID namespace below the browser's.
    package var inNestedNamespace: Int
    /// How many of them are under more filters of system calls than the browser.
    package var underFurtherFilter: Int
    /// How much memory all of the browser's processes take, in bytes.
    package var memory: Int64

    /// What was found.
    package init(found: Int, inNestedNamespace: Int, underFurtherFilter: Int, memory: Int64) {
        self.found = found
        self.inNestedNamespace = inNestedNamespace
        self.underFurtherFilter = underFurtherFilter
        self.memory = memory
    }
}
