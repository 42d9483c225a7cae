import Glibc
import JSON
import Linux
import SystemPackage

/// `grep`: lines that match a pattern.
struct Searching {
    private let path: String
    private let expression: Expression
    private let glob: Glob?
    private let context: Int
    private let limit: Int

    /// The longest part of a line that is shown, in bytes.
    private static let lineLimit = 500
    /// The most that is answered, in bytes.
    private static let byteLimit = 50 << 10
    /// The largest file that is searched, in bytes.
    private static let fileLimit = 8 << 20

    init(_ arguments: FileOperation.Arguments) throws(OperationError) {
        path = try arguments.path(default: ".")
        expression = try Expression(
            try arguments.string("pattern"), isLiteral: arguments.flag("literal"),
            ignoresCase: arguments.flag("ignoreCase"))
        glob = arguments.object["glob"] == nil ? nil : try Glob(try arguments.string("glob"))
        context = try arguments.number("context", default: 0, in: 0...50)
        limit = try arguments.number("limit", default: 100, in: 1...10_000)
    }

    func perform() throws(OperationError) -> FileOperation.Answer {
        var output: [UInt8] = []
        var count = 0
        var walk = Walk()
        let status = try on(path) { () throws(Errno) in try FileStatus(of: path, follow: true) }
        if status.kind == .directory {
            try walk.over(path) { (name, kind) throws(OperationError) in
                guard kind == .regular, glob?.matches(name) ?? true else { return true }
                search("\(path)/\(name)", as: name, &output, &count)
                return count < limit && output.count < Self.byteLimit
            }
        } else {
            search(path, as: path, &output, &count)
        }
        let isCut = count >= limit || output.count >= Self.byteLimit || walk.isCut
        return FileOperation.Answer(members: ["count": .integer(Int64(count)), "isCut": .bool(isCut)], bytes: output)
    }

    private func search(_ path: String, as name: String, _ output: inout [UInt8], _ count: inout Int) {
        // What cannot be read is nobody's to find something in.
        guard let bytes = try? WorkFile(path: path).read(), bytes.count <= Self.fileLimit,
            !bytes.prefix(8192).contains(0)
        else { return }
        let lines = Reading.lines(of: bytes)
        var shownUpTo = 0
        for (index, line) in lines.enumerated() where expression.matches(line) {
            guard count < limit, output.count < Self.byteLimit else { return }
            count += 1
            if context > 0, shownUpTo > 0, index - context > shownUpTo { output += "--\n".utf8 }
            for other in max(shownUpTo, index - context)..<min(lines.count, index + context + 1)
            where other >= shownUpTo {
                let mark = other == index || expression.matches(lines[other]) ? ":" : "-"
                output += "\(name)\(mark)\(other + 1)\(mark) ".utf8
                output += lines[other].prefix(Self.lineLimit)
                if lines[other].count > Self.lineLimit { output += " [cut here]".utf8 }
                output.append(UInt8(ascii: "\n"))
                shownUpTo = other + 1
            }
        }
    }
}

/// A regular expression of POSIX's extended kind (regex(7)), or a text that stands for itself.
private final class Expression {
    private var compiled = regex_t()
    private let literal: [UInt8]?

    init(_ pattern: String, isLiteral: Bool, ignoresCase: Bool) throws(OperationError) {
        guard !pattern.isEmpty, !pattern.utf8.contains(0) else {
            throw OperationError("The pattern must not be empty, nor hold a NUL character.")
        }
        literal = isLiteral && !ignoresCase ? Array(pattern.utf8) : nil
        let text = isLiteral ? Self.escaped(pattern) : Self.withClasses(pattern)
        let code = regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB | (ignoresCase ? REG_ICASE : 0))
        guard code == 0 else {
            var message = [CChar](repeating: 0, count: 256)
            regerror(code, &compiled, &message, message.count)
            let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw OperationError(
                "The pattern \(pattern) is no regular expression (\(reason)). It is read as grep -E does; set literal for a plain "
                    + "text.")
        }
    }

    func matches(_ line: ArraySlice<UInt8>) -> Bool {
        if let literal { return !Editing.places(of: literal, in: Array(line)).isEmpty }
        // A NUL would end the line for regexec(3).
        let text = line.map { CChar(bitPattern: $0 == 0 ? 1 : $0) } + [0]
        return regexec(&compiled, text, 0, nil, 0) == 0
    }

    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if "\\.[](){}*+?^$|".utf8.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `\d` and `\D`, which models write and regex(7) does not have.
    private static func withClasses(_ text: String) -> String {
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in text.utf8 {
            if isEscaped {
                isEscaped = false
                switch byte {
                case UInt8(ascii: "d"): bytes += "[0-9]".utf8
                case UInt8(ascii: "D"): bytes += "[^0-9]".utf8
                default: bytes += [UInt8(ascii: "\\"), byte]
                }
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                bytes.append(byte)
            }
        }
        if isEscaped { bytes.append(UInt8(ascii: "\\")) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
