/// The methods a gateway serves.
struct MethodTable: Sendable {
    /// The groups, in the order of the reference.
    let groups: [MethodGroup]
    /// The names that hello-ok lists.
    let advertised: [String]
    private let byName: [String: Method]

    /// A table of `groups`, whose methods' names must differ.
    init(_ groups: [MethodGroup]) {
        let methods = groups.flatMap(\.methods)
        self.groups = groups
        advertised = methods.filter(\.isAdvertised).map(\.name)
        byName = Dictionary(uniqueKeysWithValues: methods.map { ($0.name, $0) })
    }

    /// The method called `name`.
    func named(_ name: String) -> Method? { byName[name] }
}
