/// Something on disk that this version cannot use: it stays where it is and is named, and everything else goes on.
public struct SetAside: Error, Equatable, Sendable {
    /// What it would be, if it could be used.
    public enum Kind: String, Sendable {
        case job = "cron job"
        case session
    }

    /// Whether it is a job or a session.
    public var kind: Kind
    /// The job's id, or the session's key.
    public var name: String
    /// Why it cannot be used.
    public var fault: String

    package init(kind: Kind, name: String, fault: String) {
        self.kind = kind
        self.name = name
        self.fault = fault
    }

    /// What somebody can do about it: a clause.
    private var remedy: String {
        switch kind {
        case .job: "remove it (cron remove), or import it corrected under the same id"
        case .session: "forget it with the method sessions.delete; its transcript stays"
        }
    }
}

extension SetAside: CustomStringConvertible {
    /// One sentence: what, why, and what to do.
    public var description: String { "the \(kind.rawValue) \(name) was set aside: \(fault); \(remedy)" }
}
