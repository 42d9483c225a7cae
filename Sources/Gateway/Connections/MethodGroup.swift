/// Methods that belong together: one file, one section of the reference.
struct MethodGroup: Sendable {
    /// The heading.
    let title: String
    /// What a reader should know of all of them.
    let text: String
    let methods: [Method]

    init(_ title: String, _ text: String, _ methods: [Method]) {
        self.title = title
        self.text = text
        self.methods = methods
    }
}
