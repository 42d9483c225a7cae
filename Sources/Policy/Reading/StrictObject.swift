package import JSON

/// An object of a strict document. Members are taken one by one; `finish` refuses what nobody took.
///
/// The launcher reads the host's files with it: the first fault ends the reading, with its line and column. It knows no
/// schema, so that a static program that starts in a millisecond builds none.
package struct StrictObject {
    package let document: StrictDocument
    package let path: [JSON.PathComponent]
    private let object: JSONObject
    private var known: [String] = []

    package init(document: StrictDocument, path: [JSON.PathComponent], value: JSON) throws(PolicyError) {
        guard let object = value.object else {
            throw document.error(at: path, "\(Self.spelled(path)): expected an object, found \(value.kind)")
        }
        self.document = document
        self.path = path
        self.object = object
    }

    /// The names of its members, in their order.
    package var names: [String] { object.members.map(\.name) }

    /// The value of `name`, or nil when absent.
    package mutating func take(_ name: String) -> JSON? {
        known.append(name)
        return object[name]
    }

    package mutating func string(_ name: String) throws(PolicyError) -> String? {
        guard let value = take(name) else { return nil }
        guard let string = value.string else { throw mismatch(name, "a string", value) }
        return string
    }

    package mutating func bool(_ name: String) throws(PolicyError) -> Bool? {
        guard let value = take(name) else { return nil }
        guard let bool = value.bool else { throw mismatch(name, "true or false", value) }
        return bool
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int64>) throws(PolicyError) -> Int64? {
        guard let value = take(name) else { return nil }
        guard let integer = value.integer, range.contains(integer) else {
            throw mismatch(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", value)
        }
        return integer
    }

    package mutating func path(_ name: String) throws(PolicyError) -> AbsolutePath? {
        guard let value = take(name) else { return nil }
        guard let path = value.string.flatMap(AbsolutePath.init) else {
            throw mismatch(name, "an absolute path without \"..\"", value)
        }
        return path
    }

    package mutating func strings(_ name: String) throws(PolicyError) -> [String]? {
        try elements(name, "an array of strings") { $0.string }
    }

    package mutating func paths(_ name: String) throws(PolicyError) -> [AbsolutePath]? {
        try strings(name)?.map { (text) throws(PolicyError) in
            guard let path = AbsolutePath(text) else {
                throw error(name, "expected absolute paths without \"..\", found \"\(text)\"")
            }
            return path
        }
    }

    package mutating func integers(_ name: String, in range: ClosedRange<Int64>) throws(PolicyError) -> [Int64]? {
        try elements(name, "an array of whole numbers from \(range.lowerBound) to \(range.upperBound)") {
            $0.integer.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    private mutating func elements<Element>(
        _ name: String, _ expected: String, _ convert: (JSON) -> Element?
    ) throws(PolicyError) -> [Element]? {
        guard let value = take(name) else { return nil }
        guard let array = value.array else { throw mismatch(name, expected, value) }
        var elements: [Element] = []
        for (index, item) in array.enumerated() {
            guard let element = convert(item) else {
                throw document.error(
                    at: path + [.name(name), .index(index)],
                    "\(spelled(name))[\(index)]: expected \(expected), found \(item.text())")
            }
            elements.append(element)
        }
        return elements
    }

    package mutating func object(_ name: String) throws(PolicyError) -> StrictObject? {
        guard let value = take(name) else { return nil }
        return try StrictObject(document: document, path: path + [.name(name)], value: value)
    }

    package mutating func objects(_ name: String) throws(PolicyError) -> [StrictObject]? {
        guard let value = take(name) else { return nil }
        guard let array = value.array else { throw mismatch(name, "an array of objects", value) }
        var objects: [StrictObject] = []
        for (index, item) in array.enumerated() {
            objects.append(
                try StrictObject(document: document, path: path + [.name(name), .index(index)], value: item))
        }
        return objects
    }

    /// A free mapping from names to strings.
    package mutating func dictionary(_ name: String) throws(PolicyError) -> [(name: String, value: String)]? {
        guard let value = take(name) else { return nil }
        guard let object = value.object else { throw mismatch(name, "an object of strings", value) }
        var pairs: [(name: String, value: String)] = []
        for member in object.members {
            guard let text = member.value.string else {
                throw document.error(
                    at: path + [.name(name), .name(member.name)],
                    "\(spelled(name)).\(member.name): expected a string, found \(member.value.kind)")
            }
            pairs.append((member.name, text))
        }
        return pairs
    }

    package func require<Value>(_ value: Value?, _ name: String) throws(PolicyError) -> Value {
        guard let value else {
            throw document.error(at: path, "\(spelled(name)) is missing")
        }
        return value
    }

    /// Refuses the member `name` when it is there: a key of a neighbouring format, with advice on what to do.
    package func refuse(_ name: String, _ advice: String) throws(PolicyError) {
        guard object[name] != nil else { return }
        throw document.error(at: path + [.nameOf(name)], "\"\(name)\" \(advice)")
    }

    /// Refuses members that no call took, with the nearest known name.
    package func finish() throws(PolicyError) {
        for member in object.members
        where !known.contains(where: { $0 == member.name && $0.utf8.elementsEqual(member.name.utf8) }) {
            let advice =
                Suggestion.nearest(to: member.name, among: known).map { "did you mean \"\($0)\"?" }
                ?? "expected one of \(known.sorted().joined(separator: ", "))"
            throw document.error(
                at: path + [.nameOf(member.name)], "unknown key \"\(member.name)\": \(advice)")
        }
    }

    /// What is wrong with the member `name`, at its place; at the object's when there is none.
    package func error(_ name: String, _ message: String) -> PolicyError {
        document.error(at: object[name] == nil ? path : path + [.name(name)], "\(spelled(name)): \(message)")
    }

    /// The member's whole path as a person writes it: `gateway.auth.mode`, `binds[0].source`.
    private func spelled(_ name: String) -> String {
        Self.spelled(path + [.name(name)])
    }

    private static func spelled(_ path: [JSON.PathComponent]) -> String {
        guard !path.isEmpty else { return "the file" }
        var text = ""
        for component in path {
            switch component {
            case .index(let index): text += "[\(index)]"
            case .name(let name), .nameOf(let name): text += text.isEmpty ? name : ".\(name)"
            }
        }
        return text
    }

    /// An error about the element at `index` of the array `name`.
    package func error(_ name: String, _ index: Int, _ message: String) -> PolicyError {
        document.error(at: path + [.name(name), .index(index)], "\(name): \(message)")
    }

    private func mismatch(_ name: String, _ expected: String, _ value: JSON) -> PolicyError {
        error(name, "expected \(expected), found \(value.text())")
    }
}
