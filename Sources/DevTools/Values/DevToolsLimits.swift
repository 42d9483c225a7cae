import JSON

/// How much is taken from a browser, and how long it is waited for.
package struct DevToolsLimits: Sendable {
    /// One message in either direction, in bytes. Default 100 MiB, which is the most that Chromium takes.
    package var message = 100 << 20
    /// For a browser to say at /json/version where its WebSocket is. Default 10 s.
    package var discovering: Duration = .seconds(10)
    /// For the connection to be made and, over a WebSocket, to be upgraded. Default 10 s.
    package var connecting: Duration = .seconds(10)
    /// For the answer to a command, unless the command says otherwise. Default 30 s.
    package var answer: Duration = .seconds(30)
    /// For the other end to answer a WebSocket's close frame. Default 2 s.
    package var closing: Duration = .seconds(2)
    /// Commands that wait for an answer at once. Default 1024.
    package var commands = 1024
    /// Events that one subscriber has not taken yet, beyond which nothing more is read from the browser unless somebody
    /// waits for an answer. Default 256.
    package var waitingEvents = 256
    /// Events that one subscriber has not taken yet, beyond which it loses them and is told so. Default 16,384.
    package var keptEvents = 16_384
    /// The same in bytes of what they were written in. Default 128 MiB.
    package var keptBytes = 128 << 20

    /// The defaults.
    package init() {}

    /// What a message may hold. Documents are nested far deeper than any message of ours: each element of a page is an
    /// object in an array.
    var json: JSON.Limits { JSON.Limits(depth: 1024, length: message, values: 8 << 20) }
}
