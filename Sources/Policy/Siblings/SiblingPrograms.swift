/// Programs that a profile adds to those that a kind of sibling may run.
public struct SiblingPrograms: Equatable, Sendable {
    /// The kind's name.
    public var kind: String
    /// The programs, as paths inside.
    public var executables: [AbsolutePath]

    /// Programs for the siblings of one kind.
    public init(kind: String, executables: [AbsolutePath]) {
        self.kind = kind
        self.executables = executables
    }
}
