/// The members of a JSON object, in the order they were written.
///
/// Names are unique: the reader refuses a repeated one, because two readers would disagree about
/// which counts (RFC 8259 section 4). Look-up is linear, which beats hashing at the sizes we read.
public struct JSONObject: Sendable, Equatable {
    /// One name and its value.
    public struct Member: Sendable, Equatable {
        /// The name, unescaped.
        public var name: String
        /// The value.
        public var value: JSON

        /// A member.
        public init(name: String, value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// The members in written order.
    public private(set) var members: [Member]

    /// An object of `members`, whose names must differ from each other.
    public init(_ members: [Member] = []) {
        self.members = members
    }

    /// The value of the member named `name`. Setting nil removes it; setting an absent one appends.
    public subscript(name: String) -> JSON? {
        get {
            for member in members where Self.isSame(member.name, name) {
                return member.value
            }
            return nil
        }
        set {
            let index = members.firstIndex { Self.isSame($0.name, name) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object, members in the order written.
    public init(dictionaryLiteral members: (String, JSON)...) {
        self.init(members.map { Member(name: $0.0, value: $0.1) })
    }

    /// Whether two names are the same code units (RFC 8259 section 8.3). Swift alone would take "é" written
    /// in two ways, or the Kelvin sign and K, for the same; it is asked first because it mostly says no fast.
    static func isSame(_ left: String, _ right: String) -> Bool {
        left == right && left.utf8.elementsEqual(right.utf8)
    }
}
