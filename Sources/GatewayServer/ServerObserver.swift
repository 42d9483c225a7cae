public import NIOCore

/// What a server tells whoever watches over it.
public struct ServerObserver: Sendable {
    /// Called with the addresses once all listeners accept.
    public var listening: @Sendable ([String]) -> Void
    /// Called when the server begins to stop for another to take its place in the same process.
    public var restarting: @Sendable () -> Void
    /// Called when the server begins to stop for good.
    public var stopping: @Sendable () -> Void
    /// Called again and again by the event loop, as long as that does its work.
    public var pulse: Pulse?

    /// A sign of life.
    public struct Pulse: Sendable {
        /// The time between two.
        public var interval: TimeAmount
        /// Called on the event loop; must not wait.
        public var beat: @Sendable () -> Void

        /// A sign of life.
        public init(every interval: TimeAmount, _ beat: @escaping @Sendable () -> Void) {
            self.interval = interval
            self.beat = beat
        }
    }

    /// An observer; what it is not given it does not want to know.
    public init(
        listening: @escaping @Sendable ([String]) -> Void = { _ in },
        restarting: @escaping @Sendable () -> Void = {}, stopping: @escaping @Sendable () -> Void = {},
        pulse: Pulse? = nil
    ) {
        self.listening = listening
        self.restarting = restarting
        self.stopping = stopping
        self.pulse = pulse
    }
}
