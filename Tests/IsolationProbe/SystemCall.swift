import CProbe
import Glibc

/// An argument of a system call.
enum Argument: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case number(Int)
    case text(String)
    case bytes([UInt8])

    init(integerLiteral value: Int) { self = .number(value) }
    init(stringLiteral value: String) { self = .text(value) }
    init(_ number: Int32) { self = .number(Int(number)) }
}

/// System calls by number, as an attacker makes them: no wrapper of libc is asked.
enum SystemCall {
    /// Makes the call and returns its result, -1 with errno set on failure.
    static func result(_ number: Int, _ arguments: [Argument]) -> Int {
        var memory: [UnsafeMutableRawPointer] = []
        defer { for block in memory { block.deallocate() } }
        func place(_ bytes: [UInt8]) -> Int {
            let block = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
            block.copyMemory(from: bytes, byteCount: bytes.count)
            memory.append(block)
            return Int(bitPattern: block)
        }
        var words = arguments.map { argument in
            switch argument {
            case .number(let number): number
            case .text(let text): place(Array(text.utf8) + [0])
            case .bytes(let bytes): place(bytes)
            }
        }
        words += Array(repeating: 0, count: 6 - words.count)
        return probe_syscall(number, words[0], words[1], words[2], words[3], words[4], words[5])
    }

    /// Makes the call and says what became of it.
    static func attempt(_ number: Int32, _ arguments: Argument...) -> Outcome {
        Outcome(of: result(Int(number), arguments))
    }
}
