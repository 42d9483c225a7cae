/// The members of a JSON object, in the order they were written.
///
/// Names are unique: the reader refuses a repeated one, because two readers would disagree about
/// which counts (RFC 8259 section 4). Up to sixteen members are looked through one by one, which beats hashing there; the
/// names of more are hashed, so that nobody can make an object that is slow to read.
public struct JSONObject: Sendable {
    /// One name and its value.
    public struct Member: Sendable, Equatable {
        /// The name, unescaped.
        public var name: String
        /// What the name stands for.
        public var value: JSON

        /// A member. Whether its name is unique is for the object to see.
        public init(name: String, value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// The members in written order.
    public private(set) var members: [Member]
    /// Where each name stands; nil for an object that is looked through.
    private var table: NameTable?

    /// The most members that are looked through one by one.
    static let linearLimit = 16

    /// An object of `members`, whose names must differ from each other.
    public init(_ members: [Member] = []) {
        self.members = members
        table = members.count > Self.linearLimit ? NameTable(members) : nil
    }

    /// The value of the member named `name`. Setting nil removes it; setting an absent one appends.
    public subscript(name: String) -> JSON? {
        get { offset(of: name).map { members[$0].value } }
        set {
            switch (offset(of: name), newValue) {
            case (let offset?, let value?): members[offset].value = value
            case (let offset?, nil):
                members.remove(at: offset)
                // Those behind it moved up.
                table = members.count > Self.linearLimit ? NameTable(members) : nil
            case (nil, let value?):
                if add(name) { setLast(value) }
            case (nil, nil): break
            }
        }
    }

    /// Appends a member named `name`, whose value is to be set; returns false, and changes nothing, when there is one.
    mutating func add(_ name: String) -> Bool {
        if table != nil {
            guard table?.insert(name, at: members.count, members) == true else { return false }
            members.append(Member(name: name, value: .null))
            return true
        }
        guard offset(of: name) == nil else { return false }
        members.append(Member(name: name, value: .null))
        if members.count > Self.linearLimit { table = NameTable(members) }
        return true
    }

    /// Gives the last member its value.
    mutating func setLast(_ value: JSON) {
        members[members.count - 1].value = value
    }

    private func offset(of name: String) -> Int? {
        if let table { return table.offset(of: name, in: members) }
        return members.firstIndex { Self.isSame($0.name, name) }
    }
}

extension JSONObject: Equatable {
    /// Whether both have the same members in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }
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
