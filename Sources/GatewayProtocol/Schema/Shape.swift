package import JSON
package import Time

/// What a value must be: how it is read, and how the reference tells of it.
///
/// One description gives validation, documentation and a typed value, so that they cannot drift apart.
package struct Shape<Value: Sendable>: Sendable {
    /// The phrase of the reference: `integer, 1 to 5000`.
    package let text: String
    /// The members, when this is an object with known ones.
    package let fields: [FieldDescription]
    private let body: @Sendable (JSON, inout Faults) -> Value?

    /// A shape described by `text`. `body` returns nil exactly when it added a fault.
    package init(
        _ text: String, fields: [FieldDescription] = [], read body: @escaping @Sendable (JSON, inout Faults) -> Value?
    ) {
        self.text = text
        self.fields = fields
        self.body = body
    }

    /// The value of `json`; nil when something is wrong with it, which is then among `faults`.
    package func read(_ json: JSON, _ faults: inout Faults) -> Value? {
        body(json, &faults)
    }

    /// What is wrong with `json`.
    package func faults(in json: JSON) -> Faults {
        var faults = Faults()
        _ = body(json, &faults)
        return faults
    }
}

// MARK: Scalars

extension Shape where Value == String {
    /// Any string.
    package static let string = Shape("string") { json, faults in
        if let string = json.string { return string }
        faults.add("must be string")
        return nil
    }

    /// The key of a session: text that is neither empty nor longer than `sessionKeyCharacters`.
    package static let sessionKey = Shape.string(1...ProtocolLimits.sessionKeyCharacters)

    /// What a client chooses so that a request sent again does nothing twice.
    package static let idempotencyKey = Shape.string(1...ProtocolLimits.idempotencyKeyCharacters)

    /// A string of at least one character.
    package static let nonEmptyString = Shape.string(1...)

    /// A string of so many characters (Unicode scalars, as AJV counts them).
    package static func string(_ length: some RangeExpression<Int> & Sendable) -> Shape {
        let limits = Limits(length)
        let text = limits.isOneOrMore ? "string, not empty" : "string, \(limits.text) characters"
        return Shape(text) { json, faults in
            guard let string = json.string else {
                faults.add("must be string")
                return nil
            }
            // Most strings are longer than the least and shorter than the most whatever they are made of.
            if let lower = limits.lower, string.utf8.count < lower * 4, string.unicodeScalars.count < lower {
                faults.add("must NOT have fewer than \(lower) characters")
                return nil
            }
            if let upper = limits.upper, string.utf8.count > upper, string.unicodeScalars.count > upper {
                faults.add("must NOT have more than \(upper) characters")
                return nil
            }
            return string
        }
    }
}

extension Shape where Value == Bool {
    /// `true` or `false`.
    package static let boolean = Shape("boolean") { json, faults in
        if let bool = json.bool { return bool }
        faults.add("must be boolean")
        return nil
    }
}

extension Shape where Value == Double {
    /// Any number.
    package static let number = Shape("number") { json, faults in
        if let number = json.number { return number }
        faults.add("must be number")
        return nil
    }
}

extension Shape where Value == Int64 {
    /// Any whole number.
    package static let integer = Shape.integer(Int64.min...)

    /// A whole number within limits.
    package static func integer(_ range: some RangeExpression<Int64> & Sendable) -> Shape {
        let limits = Limits(range)
        return Shape("integer\(limits.text.isEmpty ? "" : ", \(limits.text)")") { json, faults in
            // 1.0 is a whole number too.
            guard let value = json.integer ?? json.number.flatMap(Int64.init(exactly:)) else {
                faults.add("must be integer")
                return nil
            }
            if let lower = limits.lower, value < lower {
                faults.add("must be >= \(lower)")
                return nil
            }
            if let upper = limits.upper, value > upper {
                faults.add("must be <= \(upper)")
                return nil
            }
            return value
        }
    }
}

extension Shape where Value == Timestamp {
    /// A time, in milliseconds since 1970.
    package static let timestamp = Shape("time in milliseconds since 1970, up to the year 9999") { json, faults in
        Shape<Int64>.integer(Timestamp.range).read(json, &faults).map(Timestamp.init(clamping:))
    }
}

extension Shape where Value == TimeSpan {
    /// A length of time within limits, in milliseconds.
    package static func milliseconds(_ range: ClosedRange<TimeSpan>) -> Shape {
        counted(.milliseconds, "milliseconds", range)
    }

    /// A length of time within limits, in seconds.
    package static func seconds(_ range: ClosedRange<TimeSpan>) -> Shape { counted(.seconds, "seconds", range) }

    /// A length of time within limits, in minutes.
    package static func minutes(_ range: ClosedRange<TimeSpan>) -> Shape { counted(.minutes, "minutes", range) }

    private static func counted(_ unit: TimeSpan.Unit, _ name: String, _ range: ClosedRange<TimeSpan>) -> Shape {
        let count = Shape<Int64>.integer(range.lowerBound.count(unit)...range.upperBound.count(unit))
        return Shape("\(count.text) \(name)") { json, faults in
            count.read(json, &faults).map { TimeSpan($0, unit) }
        }
    }
}

/// The ends of a range, of which either may be open.
private struct Limits<Bound: FixedWidthInteger & Sendable>: Sendable {
    let lower: Bound?
    let upper: Bound?

    init(_ range: some RangeExpression<Bound>) {
        let whole = range.relative(to: Bound.min..<Bound.max)
        lower = whole.lowerBound == .min ? nil : whole.lowerBound
        upper = whole.upperBound == .max ? nil : whole.upperBound - 1
    }

    var isOneOrMore: Bool { lower == 1 && upper == nil }

    /// `1 to 5000`, `0 or more`, `at most 64`.
    var text: String {
        switch (lower, upper) {
        case (let lower?, let upper?): "\(lower) to \(upper)"
        case (let lower?, nil): "\(lower) or more"
        case (nil, let upper?): "at most \(upper)"
        case (nil, nil): ""
        }
    }
}

// MARK: Words

extension Shape where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One word of a closed list.
    package static var word: Shape {
        .parsed(Value.allCases.map { "`\($0.rawValue)`" }, Value.init(rawValue:))
    }
}

extension Shape {
    /// One of several constants: what `parse` knows. `words` are shown in the reference.
    package static func parsed(_ words: [String], _ parse: @escaping @Sendable (String) -> Value?) -> Shape {
        Shape(words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))") { json, faults in
            if let value = json.string.flatMap(parse) { return value }
            var mismatch = Faults()
            mismatch.add("must be equal to constant")
            if words.count == 1 { faults.add("must be equal to constant") } else { faults.addUnion([mismatch]) }
            return nil
        }
    }

    /// Exactly `json`, which stands for `value`.
    package static func constant(_ constant: JSON, _ value: Value) -> Shape {
        Shape("`\(constant.text())`") { json, faults in
            if json == constant { return value }
            faults.add("must be equal to constant")
            return nil
        }
    }
}

// MARK: Compounds

extension Shape where Value == JSON {
    /// Any value.
    package static let any = Shape("any value") { json, _ in json }

    /// An object, whatever its members are.
    package static let anyObject = Shape("object") { json, faults in
        if case .object = json { return json }
        faults.add("must be object")
        return nil
    }

    /// An object that has at least these members: what a method answers.
    package static func object<each Member: Sendable>(_ field: repeat Field<each Member>) -> Shape {
        object(isOpen: true, repeat each field)
    }

    /// An object that has these members and no other, kept as it is.
    package static func strict<each Member: Sendable>(_ field: repeat Field<each Member>) -> Shape {
        object(isOpen: false, repeat each field)
    }

    private static func object<each Member: Sendable>(
        isOpen: Bool, _ field: repeat Field<each Member>
    ) -> Shape {
        let schema = Schema(isOpen: isOpen, repeat each field) { (_: repeat each Member) in true }
        return Shape("object", fields: schema.fields) { json, faults in schema.read(json, &faults).map { _ in json } }
    }

    /// An array of such values: what a method answers.
    package static func list<Element>(of element: Shape<Element>) -> Shape {
        let array = Shape<[Element]>.array(of: element)
        return Shape(array.text, fields: array.fields) { json, faults in array.read(json, &faults).map { _ in json } }
    }
}

extension Shape {
    /// An array of at least `minimum` such values.
    package static func array<Element>(of element: Shape<Element>, atLeast minimum: Int = 0) -> Shape
    where Value == [Element] {
        let text = "array of \(element.text)\(minimum > 0 ? "; at least \(minimum)" : "")"
        return Shape(text, fields: element.fields) { json, faults in
            guard let array = json.array else {
                faults.add("must be array")
                return nil
            }
            guard array.count >= minimum else {
                faults.add("must NOT have fewer than \(minimum) items")
                return nil
            }
            let before = faults.count
            var values: [Element] = []
            values.reserveCapacity(array.count)
            for (index, json) in array.enumerated() {
                guard !faults.isFull else {
                    faults.addMore()
                    break
                }
                let inner = faults.count
                if let value = element.read(json, &faults) { values.append(value) }
                if faults.count > inner { faults.nest(after: inner, under: String(index)) }
            }
            return faults.count == before ? values : nil
        }
    }

    /// An object whose members have any names and such values, in the order written.
    package static func record<Element>(of element: Shape<Element>) -> Shape where Value == [Named<Element>] {
        Shape("object of \(element.text)", fields: element.fields) { json, faults in
            guard let object = json.object else {
                faults.add("must be object")
                return nil
            }
            let before = faults.count
            var values: [Named<Element>] = []
            for member in object.members {
                guard !faults.isFull else {
                    faults.addMore()
                    break
                }
                let inner = faults.count
                if let value = element.read(member.value, &faults) { values.append(Named(member.name, value)) }
                if faults.count > inner { faults.nest(after: inner, under: member.name) }
            }
            return faults.count == before ? values : nil
        }
    }

    /// An object as `schema` describes it.
    package static func object(_ schema: Schema<Value>) -> Shape {
        Shape("object", fields: schema.fields, read: schema.read)
    }

    /// A value that may be null, which takes away what was set.
    package static func nullable<Set>(_ shape: Shape<Set>) -> Shape where Value == Change<Set> {
        Shape("\(shape.text), or null", fields: shape.fields) { json, faults in
            if json == .null { return .clear }
            var inner = Faults()
            if let value = shape.read(json, &inner) { return .set(value) }
            var null = Faults()
            null.add("must be null")
            faults.addUnion([inner, null])
            return nil
        }
    }

    /// What the first of `shapes` that fits makes of it.
    package static func anyOf(_ shapes: [Shape]) -> Shape {
        Shape(shapes.map(\.text).joined(separator: ", or "), fields: shapes.flatMap(\.fields)) { json, faults in
            var others: [Faults] = []
            for shape in shapes {
                var inner = Faults()
                if let value = shape.read(json, &inner) { return value }
                others.append(inner)
            }
            faults.addUnion(others)
            return nil
        }
    }

    /// One of several kinds of object, told apart by their member `kind`: only what is wrong with that kind is told.
    package static func kinds(_ kinds: [(name: String, shape: Shape)]) -> Shape {
        Shape(kinds.map(\.shape.text).joined(separator: ", or "), fields: kinds.flatMap(\.shape.fields)) {
            json, faults in
            let name = json["kind"]?.string
            if let kind = kinds.first(where: { $0.name == name }) { return kind.shape.read(json, &faults) }
            let names = kinds.map { "\"\($0.name)\"" }.joined(separator: ", ")
            faults.add(json.object == nil ? "must be object" : "its kind must be one of \(names)")
            return nil
        }
    }

    /// The same, made into another value.
    package func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> Shape<Other> {
        Shape<Other>(text, fields: fields) { json, faults in body(json, &faults).map(transform) }
    }
}

/// A value with the name it was sent under.
package struct Named<Value: Sendable>: Sendable {
    var name: String
    var value: Value

    init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}

/// What a member that may be null asks for.
package enum Change<Value: Sendable>: Sendable {
    /// Null: take away what is set.
    case clear
    case set(Value)
}
