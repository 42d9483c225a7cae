/// A name and a value of the environment, such that execve(2) can pass them (environ(7)).
public struct EnvironmentVariable: Equatable, Sendable {
    /// The name; never empty, never holding `=` or NUL.
    public var name: String
    /// The value; never holding NUL.
    public var value: String

    /// A variable; nil when the name is empty or holds `=` or NUL, or the value holds NUL.
    public init?(name: String, value: String) {
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0), !value.utf8.contains(0)
        else { return nil }
        self.name = name
        self.value = value
    }

    /// The variable written as `NAME=VALUE`; nil when there is no `=`, or when the parts make none.
    public init?(assignment: String) {
        guard let equals = assignment.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        self.init(
            name: String(assignment[..<equals]), value: String(assignment[assignment.utf8.index(after: equals)...]))
    }

    /// `NAME=VALUE`, as execve(2) takes it.
    public var assignment: String { "\(name)=\(value)" }
}
