extension BPFProgram {
    /// A program that answers every call as this one does, with what makes no difference left out.
    ///
    /// libseccomp compares with each system call by itself. Where a comparison can only end in one way, or both ways lead to
    /// the same answer, it is not needed, and most of those with neighbours are not. The kernel translates each instruction
    /// when a program is loaded, which takes a start longer than to make its mounts read-only.
    ///
    /// This very program when it has an instruction that `BPFInterpreter` does not know.
    public var shortened: BPFProgram {
        var graph = DecisionGraph(instructions)
        guard let root = graph.node(at: 0, DecisionGraph.Accumulator()) else { return self }
        return BPFProgram(instructions: graph.instructions(from: root)) ?? self
    }
}

/// A program as a graph in which equal parts are one node.
private struct DecisionGraph {
    /// What is known of the accumulator.
    struct Accumulator: Hashable {
        /// Where in the call it was loaded from; nil when it holds something else.
        var source: UInt32?
        /// The least and the greatest number it can be.
        var range: ClosedRange<UInt32> = 0...UInt32.max
    }

    private struct State: Hashable {
        let index: Int
        let accumulator: Accumulator
    }

    /// An instruction, and the nodes that may follow.
    private struct Node: Hashable {
        let code: UInt16
        let operand: UInt32
        /// Where a comparison that holds leads, or what comes next; nil behind a return.
        var next: Int?
        /// Where a comparison that does not hold leads; nil for all else.
        var otherwise: Int?
    }

    private let program: [BPFProgram.Instruction]
    private var nodes: [Node] = []
    private var numbers: [Node: Int] = [:]
    private var known: [State: Int] = [:]

    // linux/bpf_common.h
    private static let load: UInt16 = 0x20
    private static let and: UInt16 = 0x54
    private static let arithmetic: Set<UInt16> = [0x44, 0x54, 0x64, 0x74, 0xA4]
    private static let jump: UInt16 = 0x05
    private static let equal: UInt16 = 0x15
    private static let greater: UInt16 = 0x25
    private static let atLeast: UInt16 = 0x35
    private static let anySet: UInt16 = 0x45
    private static let returnValue: UInt16 = 0x06

    init(_ program: [BPFProgram.Instruction]) {
        self.program = program
    }

    /// The node for what the program does from `index` on; nil when it cannot be followed.
    mutating func node(at index: Int, _ accumulator: Accumulator) -> Int? {
        guard program.indices.contains(index) else { return nil }
        let state = State(index: index, accumulator: accumulator)
        if let known = known[state] { return known }
        let made = make(program[index], at: index, accumulator)
        known[state] = made
        return made
    }

    private mutating func make(
        _ instruction: BPFProgram.Instruction, at index: Int, _ accumulator: Accumulator
    ) -> Int? {
        let operand = instruction.operand
        switch instruction.code {
        case Self.load where accumulator.source == operand: return node(at: index + 1, accumulator)
        case Self.load:
            return node(at: index + 1, Accumulator(source: operand)).map {
                number(of: Node(code: instruction.code, operand: operand, next: $0))
            }
        case Self.and where operand == .max: return node(at: index + 1, accumulator)
        case let code where Self.arithmetic.contains(code):
            return node(at: index + 1, Accumulator()).map {
                number(of: Node(code: code, operand: operand, next: $0))
            }
        case Self.jump: return node(at: index + 1 + Int(operand), accumulator)
        case Self.equal, Self.greater, Self.atLeast, Self.anySet:
            return compare(instruction, at: index, accumulator)
        case Self.returnValue: return number(of: Node(code: instruction.code, operand: operand))
        default: return nil
        }
    }

    private mutating func compare(
        _ instruction: BPFProgram.Instruction, at index: Int, _ accumulator: Accumulator
    ) -> Int? {
        let (holding, failing) = Self.ranges(instruction, accumulator.range)
        // Each of the ways is followed with what the comparison tells.
        func follow(_ range: ClosedRange<UInt32>?, _ skipped: UInt8, _ graph: inout DecisionGraph) -> Int?? {
            guard let range else { return .some(nil) }
            let next = Accumulator(source: accumulator.source, range: range)
            guard let node = graph.node(at: index + 1 + Int(skipped), next) else { return nil }
            return .some(node)
        }
        guard let next = follow(holding, instruction.jumpIfTrue, &self),
            let otherwise = follow(failing, instruction.jumpIfFalse, &self)
        else { return nil }
        guard let next, let otherwise, next != otherwise else { return next ?? otherwise }
        return number(
            of: Node(code: instruction.code, operand: instruction.operand, next: next, otherwise: otherwise))
    }

    /// The numbers for which a comparison may hold, and for which it may not; nil for none.
    private static func ranges(
        _ instruction: BPFProgram.Instruction, _ range: ClosedRange<UInt32>
    ) -> (holding: ClosedRange<UInt32>?, failing: ClosedRange<UInt32>?) {
        let (low, high, operand) = (range.lowerBound, range.upperBound, instruction.operand)
        func part(_ from: UInt64, _ to: UInt64) -> ClosedRange<UInt32>? {
            let (from, to) = (max(from, UInt64(low)), min(to, UInt64(high)))
            return from <= to ? UInt32(from)...UInt32(to) : nil
        }
        let number = UInt64(operand)
        switch instruction.code {
        case equal:
            guard range.contains(operand) else { return (nil, range) }
            if low == high { return (range, nil) }
            // Without one in the middle it is no range: then that one is thought possible still.
            let rest = operand == low ? low + 1...high : operand == high ? low...high - 1 : range
            return (operand...operand, rest)
        case greater: return (part(number + 1, .max), part(0, number))
        case atLeast: return (part(number, .max), number == 0 ? nil : part(0, number - 1))
        default: return (range, range)
        }
    }

    private mutating func number(of node: Node) -> Int {
        if let number = numbers[node] { return number }
        nodes.append(node)
        numbers[node] = nodes.count - 1
        return nodes.count - 1
    }

    // MARK: Instructions

    /// The nodes from `root` on as instructions. A node was made after those that it leads to, so to lay them out from the
    /// last made to the first leaves all jumps leading forward.
    func instructions(from root: Int) -> [BPFProgram.Instruction] {
        var reachable = Set([root])
        for number in stride(from: root, through: 0, by: -1) where reachable.contains(number) {
            for next in [nodes[number].next, nodes[number].otherwise] {
                if let next { reachable.insert(next) }
            }
        }
        // From the end: how far it is to what comes later is known then.
        var reversed: [BPFProgram.Instruction] = []
        var places: [Int: Int] = [:]
        for number in reachable.sorted() {
            let node = nodes[number]
            if let next = node.next, let place = places[next] {
                if let otherwise = node.otherwise, let other = places[otherwise] {
                    Self.lay(node, place, other, &reversed)
                } else {
                    if place != reversed.count - 1 { reversed.append(Self.jump(to: place, after: reversed.count)) }
                    reversed.append(BPFProgram.Instruction(code: node.code, operand: node.operand))
                }
            } else {
                reversed.append(BPFProgram.Instruction(code: node.code, operand: node.operand))
            }
            places[number] = reversed.count - 1
        }
        return reversed.reversed()
    }

    /// A comparison skips at most 255 instructions; what is farther is reached by a jump right behind it.
    private static func lay(
        _ node: Node, _ place: Int, _ other: Int, _ reversed: inout [BPFProgram.Instruction]
    ) {
        // With both jumps there, the comparison is two farther away.
        func isFar(_ target: Int) -> Bool { reversed.count + 2 - target > 255 }
        var (next, otherwise) = (place, other)
        if isFar(other) {
            reversed.append(jump(to: other, after: reversed.count))
            otherwise = reversed.count - 1
        }
        if isFar(place) {
            reversed.append(jump(to: place, after: reversed.count))
            next = reversed.count - 1
        }
        let last = reversed.count - 1
        reversed.append(
            BPFProgram.Instruction(
                code: node.code, jumpIfTrue: UInt8(last - next), jumpIfFalse: UInt8(last - otherwise),
                operand: node.operand))
    }

    /// A jump that is going to be instruction `count` from the end to instruction `place` from the end.
    private static func jump(to place: Int, after count: Int) -> BPFProgram.Instruction {
        BPFProgram.Instruction(code: jump, operand: UInt32(count - 1 - place))
    }
}
