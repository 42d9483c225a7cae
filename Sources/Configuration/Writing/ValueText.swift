public import JSON

extension ConfigurationPath {
    /// The value `text`, typed on a command line, stands for here: JSON5, or the text itself when it is none.
    ///
    /// Where the description asks for text, a number or word that JSON5 knows is taken as text too: a token may well be
    /// made of digits.
    public func value(from text: String) -> JSON {
        guard let value = try? JSON5Document(parsing: Array(text.utf8)).value else { return .string(text) }
        switch value {
        case .string, .array, .object: return value
        case .null, .bool, .integer, .double: return takesOnlyText ? .string(text) : value
        }
    }

    /// What the description says of the value here; nil when it knows none.
    public var schema: ConfigurationSchema? {
        var schema = ConfigurationSchema.root
        for segment in segments {
            let index = Self.index(segment).flatMap { schema.child(.index($0)) }
            guard let child = index ?? schema.child(.name(segment)) else { return nil }
            schema = child
        }
        return schema
    }

    private var takesOnlyText: Bool {
        switch schema?.kind {
        case .string, .words: true
        case .any, .boolean, .number, .array, .object, .union, nil: false
        }
    }
}
