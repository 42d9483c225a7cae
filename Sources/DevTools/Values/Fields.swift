package import JSON

/// The members of something the browser wrote, read as what the protocol says they are.
package struct Fields: Sendable {
    /// The whole.
    package let json: JSON
    /// Which answer or event it is, for errors.
    let source: String

    /// The members of `json`, which is the answer or event `source`.
    package init(_ json: JSON, of source: String) {
        self.json = json
        self.source = source
    }

    /// The string `name`. Throws `DevToolsError.malformed` when there is none.
    package func string(_ name: String) throws(DevToolsError) -> String { try require(json[name]?.string, name) }

    /// The number `name`. Throws `DevToolsError.malformed` when there is none.
    package func number(_ name: String) throws(DevToolsError) -> Double { try require(json[name]?.number, name) }

    /// The whole number `name`. Throws `DevToolsError.malformed` when there is none.
    package func integer(_ name: String) throws(DevToolsError) -> Int64 { try require(json[name]?.integer, name) }

    /// The boolean `name`. Throws `DevToolsError.malformed` when there is none.
    package func bool(_ name: String) throws(DevToolsError) -> Bool { try require(json[name]?.bool, name) }

    /// The elements of the array `name`. Throws `DevToolsError.malformed` when there is none.
    package func array(_ name: String) throws(DevToolsError) -> [Fields] {
        try require(json[name]?.array, name).map { Fields($0, of: source) }
    }

    /// The object `name`. Throws `DevToolsError.malformed` when there is none.
    package func object(_ name: String) throws(DevToolsError) -> Fields {
        guard let value = json[name], value.object != nil else { throw .malformed(source: source, member: name) }
        return Fields(value, of: source)
    }

    /// The object `name`; nil when it is absent.
    package func optionalObject(_ name: String) -> Fields? {
        json[name].flatMap { $0.object == nil ? nil : Fields($0, of: source) }
    }

    private func require<Value>(_ value: Value?, _ name: String) throws(DevToolsError) -> Value {
        guard let value else { throw .malformed(source: source, member: name) }
        return value
    }
}
