/// An absolute path in normal form: no empty, `.` or `..` component, no trailing slash, no NUL.
///
/// Only text: whether anything stands there, and through which links, is for the one who opens it. Taken apart
/// and compared by bytes, as the kernel does: to Swift a slash and a combining mark behind it are one
/// character, and "é" written in two ways is the same text.
public struct AbsolutePath: Hashable, Sendable {
    /// The path, starting with `/`.
    public let text: String

    /// Parses `text`; nil when it is relative, holds NUL, or climbs with `..`. Doubled slashes and `.` are
    /// dropped.
    public init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "/"), !text.utf8.contains(0) else { return nil }
        if Self.isNormal(text) {
            self.init(normal: text)
            return
        }
        var normal: [UInt8] = []
        normal.reserveCapacity(text.utf8.count)
        for component in text.utf8.split(separator: UInt8(ascii: "/")) where !component.elementsEqual(".".utf8) {
            guard !component.elementsEqual("..".utf8) else { return nil }
            normal.append(UInt8(ascii: "/"))
            normal += component
        }
        self.init(normal: normal.isEmpty ? "/" : String(decoding: normal, as: UTF8.self))
    }

    /// Whether every slash is followed by a component's first byte, and none of these is a dot.
    private static func isNormal(_ text: String) -> Bool {
        var previous = UInt8(ascii: "x")
        for byte in text.utf8 {
            if previous == UInt8(ascii: "/"), byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") { return false }
            previous = byte
        }
        return previous != UInt8(ascii: "/")
    }

    private init(normal text: String) {
        self.text = text
    }

    /// The root directory.
    public static let root = AbsolutePath(normal: "/")

    /// The components between the slashes; none for the root.
    public var components: [Substring] {
        text.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }

    /// The path from the root on, as the *at calls take it; nothing for the root.
    public var relative: String { String(Substring(text.utf8.dropFirst())) }

    /// The last component, or nothing for the root.
    public var lastComponent: String { String(text[text.utf8.index(after: lastSlash)...]) }

    /// The directory that holds it; the root's is the root.
    public var parent: AbsolutePath {
        lastSlash == text.startIndex ? .root : AbsolutePath(normal: String(text[..<lastSlash]))
    }

    /// Whether `other` is this path or below it.
    public func contains(_ other: AbsolutePath) -> Bool {
        guard self != .root, self != other else { return true }
        return other.text.utf8.starts(with: text.utf8)
            && other.text.utf8.dropFirst(text.utf8.count).first == UInt8(ascii: "/")
    }

    /// `component` inside `directory`. `component` must be a relative path without `..`.
    public static func / (directory: AbsolutePath, component: String) -> AbsolutePath {
        let prefix = directory == .root ? "" : directory.text
        guard let path = AbsolutePath("\(prefix)/\(component)") else {
            preconditionFailure("a component never climbs and holds no NUL")
        }
        return path
    }

    /// The SHA-256 of the text in lowercase hexadecimal digits: a name for it that fits in one component.
    public var digest: String { SHA256.hexadecimal(of: Array(text.utf8)) }

    /// Whether the bytes are the same. Text is compared first because that mostly says no fast.
    public static func == (left: AbsolutePath, right: AbsolutePath) -> Bool {
        left.text == right.text && left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(text)
    }

    private var lastSlash: String.Index {
        text.utf8.lastIndex(of: UInt8(ascii: "/")) ?? text.startIndex
    }
}

extension AbsolutePath: CustomStringConvertible {
    /// The path as it is, control characters included.
    public var description: String { text }
}
