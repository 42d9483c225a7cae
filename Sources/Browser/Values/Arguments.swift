import JSON

/// What a request says, whether in its query or in its content.
struct Arguments: Sendable {
    private let query: [String: String]
    private let body: JSONObject

    /// Throws `BrowserFault` when the content is no object.
    init(_ request: BrowserRequest) throws(BrowserFault) {
        query = request.query
        switch request.body {
        case nil, .null?: body = [:]
        case .object(let object)?: body = object
        default: throw BrowserFault(400, "the content must be a JSON object")
        }
    }

    private init(body: JSONObject) {
        query = [:]
        self.body = body
    }

    /// The value of `name` as it is.
    subscript(name: String) -> JSON? { body[name] ?? query[name].map(JSON.string) }

    /// The text `name`, nil when it is absent or empty. Throws `BrowserFault` when it is none.
    func text(_ name: String) throws(BrowserFault) -> String? {
        guard let value = self[name], value != .null else { return nil }
        guard let text = value.string else { throw BrowserFault(400, "\(name) must be a string") }
        return text.isEmpty ? nil : text
    }

    /// The text `name`. Throws `BrowserFault` when it is absent or empty.
    func requiredText(_ name: String) throws(BrowserFault) -> String {
        guard let text = try text(name) else { throw BrowserFault(400, "\(name) is required") }
        return text
    }

    /// Whether `name` is said; false when it is absent. Throws `BrowserFault` when it is neither true nor false.
    func flag(_ name: String) throws(BrowserFault) -> Bool { try optionalFlag(name) ?? false }

    /// Whether `name` is said; nil when it is absent. Throws `BrowserFault` when it is neither true nor false.
    func optionalFlag(_ name: String) throws(BrowserFault) -> Bool? {
        switch self[name] {
        case nil, .null?: return nil
        case .bool(let value)?: return value
        case .string("true")?, .string("1")?: return true
        case .string("false")?, .string("0")?: return false
        default: throw BrowserFault(400, "\(name) must be true or false")
        }
    }

    /// The whole number `name`; nil when it is absent. Throws `BrowserFault` when it is none, or not in `range`.
    func number(_ name: String, in range: ClosedRange<Int>) throws(BrowserFault) -> Int? {
        guard let value = self[name], value != .null else { return nil }
        guard let number = value.integer.flatMap(Int.init(exactly:)) ?? value.string.flatMap({ Int($0) }),
            range.contains(number)
        else {
            throw BrowserFault(400, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The texts `name`; empty when they are absent. Throws `BrowserFault` when they are none.
    func texts(_ name: String) throws(BrowserFault) -> [String] {
        switch self[name] {
        case nil, .null?: return []
        case .string(let text)?: return [text]
        case .array(let values)?:
            let texts = values.compactMap(\.string)
            guard texts.count == values.count else { throw BrowserFault(400, "\(name) must hold strings only") }
            return texts
        default: throw BrowserFault(400, "\(name) must be an array of strings")
        }
    }

    /// The objects `name`. Throws `BrowserFault` when they are none.
    func objects(_ name: String) throws(BrowserFault) -> [Arguments] {
        guard let values = self[name]?.array else { throw BrowserFault(400, "\(name) must be an array of objects") }
        var objects: [Arguments] = []
        for value in values {
            guard let object = value.object else { throw BrowserFault(400, "\(name) must hold objects only") }
            objects.append(Arguments(body: object))
        }
        return objects
    }
}
