/// How much of browser control over HTTP those who connect can hold, and for how long.
package struct ControlLimits: Sendable {
    /// Connections that are served at once. As many more are told that there is no room (503) before they are closed; whoever
    /// comes beyond them is closed at once. Default 64.
    package var connections = 64
    /// How long each of these may take: the head of a request to come, its content, the answer to be read, and the next request
    /// to begin. Default 30 s.
    package var patience: Duration = .seconds(30)
    /// How long one that is told that there is no room may take to read that. Default 1 s.
    package var leaving: Duration = .seconds(1)
    /// The longest content of a request, in bytes. Default 1 MiB.
    package var content = 1 << 20

    /// The defaults.
    package init() {}
}
