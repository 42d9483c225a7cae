extension SeccompPolicy {
    /// A call that a program treats otherwise than the file means it.
    public struct Disagreement: Equatable, Sendable {
        /// A call with such arguments.
        public var call: SeccompCall
        /// Its name, when it has one.
        public var name: String?
        /// What the file means.
        public var meant: SeccompAction
        /// What the program returns, a SECCOMP_RET_* value; nil when it has no answer.
        public var returned: UInt32?
    }

    /// Runs `program` over every number and over the arguments the rules single out and their neighbours,
    /// and gives the first call on which it and the file disagree.
    ///
    /// libseccomp 2.5.4 merges the rules of one call in ways that can lose some of them
    /// (GHSA-4q85-33p6-j5g6); so no filter is believed before it was tried. `nameOf` gives the name of a
    /// number.
    public func firstDisagreement(with program: BPFProgram, nameOf: (UInt32) -> String?) -> Disagreement? {
        let interpreter = BPFInterpreter(program)
        for architecture in Self.foreignArchitectures {
            let call = SeccompCall(number: 0, architecture: architecture)
            if let found = disagreement(on: call, interpreter, name: nil) { return found }
        }
        for number in Self.numbersToTry {
            let name = nameOf(number)
            var found: Disagreement?
            forEachArguments(for: name) { arguments in
                let call = SeccompCall(number: number, arguments: arguments)
                found = disagreement(on: call, interpreter, name: name)
                return found == nil
            }
            if let found { return found }
        }
        return nil
    }

    private func disagreement(
        on call: SeccompCall, _ interpreter: BPFInterpreter, name: String?
    ) -> Disagreement? {
        let meant = action(for: call) { _ in name }
        let returned: UInt32?
        do throws(BPFInterpreter.Fault) {
            returned = try interpreter.returnValue(for: call)
        } catch {
            returned = nil
        }
        if returned == meant.returnValue { return nil }
        return Disagreement(call: call, name: name, meant: meant, returned: returned)
    }

    /// AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64 and AUDIT_ARCH_ARM of linux/audit.h.
    private static let foreignArchitectures: [UInt32] = [0x4000_0003, 0xC000_00B7, 0x4000_0028]

    /// Twice the range of today's table, the first numbers of x32, and negative ones.
    private static var numbersToTry: [UInt32] {
        let x32 = SeccompCall.x32Bit
        return Array(0..<1024) + (0..<600).map { x32 + $0 } + [x32 - 1, 1 << 31, .max - 1, .max]
    }

    /// Calls `body` with lists of six arguments, every combination of what is worth trying for `name`, until
    /// it returns false.
    private func forEachArguments(for name: String?, _ body: ([UInt64]) -> Bool) {
        let values = (0..<6).map { argument in argumentValues(of: argument, for: name) }
        var indices = [Int](repeating: 0, count: 6)
        while true {
            guard body(zip(values, indices).map { $0[$1] }) else { return }
            // Counts up like an odometer whose wheels have as many digits as there are values.
            guard let wheel = indices.indices.first(where: { indices[$0] + 1 < values[$0].count }) else { return }
            indices[wheel] += 1
            for lower in 0..<wheel { indices[lower] = 0 }
        }
    }

    private func argumentValues(of argument: Int, for name: String?) -> [UInt64] {
        var values: Set<UInt64> = [0]
        for index in name.map(indices(ofEntriesFor:)) ?? [] {
            for comparison in entries[index].comparisons where comparison.argument == argument {
                values.formUnion(comparison.valuesToTry)
            }
        }
        return values.sorted()
    }
}

extension SeccompComparison {
    /// Values at which the comparison, or its like, changes its mind.
    var valuesToTry: [UInt64] {
        let upper: UInt64 = 1 << 32
        switch relation {
        case .notEqual(let value), .less(let value), .atMost(let value), .equal(let value), .atLeast(let value),
            .greater(let value):
            return [value, value &+ 1, value &- 1, value ^ upper, value ^ 1 << 63, .max]
        case .masked(let mask, let value):
            let lowest = mask & (~mask &+ 1)
            let highest: UInt64 = 1 << UInt64(63 - mask.leadingZeroBitCount)
            var values = [value, value ^ lowest, value ^ highest, value | ~mask, value ^ mask, value | upper & ~mask]
            if mask.nonzeroBitCount <= 8 {
                for bit in 0..<64 where mask >> UInt64(bit) & 1 == 1 { values.append(value ^ 1 << UInt64(bit)) }
            }
            return values + [.max]
        }
    }
}
