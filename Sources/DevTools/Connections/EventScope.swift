/// Where events are heard of.
package enum EventScope: Sendable, Equatable {
    /// In one session; in the browser's own when that is nil.
    case session(SessionID?)
    /// In all sessions, those to come too.
    case everywhere
}
