/// One comparison of a rule: an argument of the call against a number, both unsigned, of 64 bits.
public struct SeccompComparison: Hashable, Sendable {
    /// What must hold.
    public enum Relation: Hashable, Sendable {
        case notEqual(UInt64)
        case less(than: UInt64)
        case atMost(UInt64)
        case equal(UInt64)
        case atLeast(UInt64)
        case greater(than: UInt64)
        /// The bits of `mask` are those of `value`, which has none outside it.
        case masked(mask: UInt64, value: UInt64)
    }

    /// Which of the call's arguments is compared, 0 to 5.
    public var argument: Int
    /// What must hold for it.
    public var relation: Relation

    /// A relation of one argument, 0 to 5.
    public init(argument: Int, relation: Relation) {
        precondition((0..<6).contains(argument), "a system call has six arguments")
        self.argument = argument
        self.relation = relation
    }

    /// Whether the comparison holds for a call with these six arguments.
    public func holds(for arguments: [UInt64]) -> Bool {
        let actual = arguments[argument]
        return switch relation {
        case .notEqual(let value): actual != value
        case .less(let value): actual < value
        case .atMost(let value): actual <= value
        case .equal(let value): actual == value
        case .atLeast(let value): actual >= value
        case .greater(let value): actual > value
        case .masked(let mask, let value): actual & mask == value
        }
    }

    /// How many bits of the argument it settles: 64 for equality, the mask's for masked equality, none for an
    /// order or an inequality.
    public var settledBits: Int {
        switch relation {
        case .equal: 64
        case .masked(let mask, _): mask.nonzeroBitCount
        case .notEqual, .less, .atMost, .atLeast, .greater: 0
        }
    }
}

extension SeccompComparison: CustomStringConvertible {
    /// The condition, as `explain` prints it.
    public var description: String {
        let name = "argument \(argument)"
        return switch relation {
        case .notEqual(let value): "\(name) != \(value)"
        case .less(let value): "\(name) < \(value)"
        case .atMost(let value): "\(name) <= \(value)"
        case .equal(let value): "\(name) == \(value)"
        case .atLeast(0): "\(name) is anything else"
        case .atLeast(let value): "\(name) >= \(value)"
        case .greater(let value): "\(name) > \(value)"
        case .masked(let mask, let value):
            "\(name) & 0x\(String(mask, radix: 16)) == 0x\(String(value, radix: 16))"
        }
    }
}
