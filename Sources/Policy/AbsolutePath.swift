/// An absolute path in normal form: no empty, `.` or `..` component, no trailing slash, no NUL.
///
/// Only text: whether anything stands there, and through which links, is for the one who opens it.
public struct AbsolutePath: Hashable, Sendable {
    /// The path, starting with `/`.
    public let text: String

    /// Parses `text`; nil when it is relative, holds NUL, or climbs with `..`. Doubled slashes and `.` are
    /// dropped.
    public init?(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "/"), !text.utf8.contains(0) else { return nil }
        var components: [Substring] = []
        for component in Self.split(text) where component != "." {
            guard component != ".." else { return nil }
            components.append(component)
        }
        self.init(components: components)
    }

    private init(components: [Substring]) {
        text = "/" + components.joined(separator: "/")
    }

    /// The root directory.
    public static let root = AbsolutePath(components: [])

    /// The components between the slashes; none for the root.
    public var components: [Substring] { Self.split(text) }

    /// The last component, or nothing for the root.
    public var lastComponent: String { components.last.map(String.init) ?? "" }

    /// The directory that holds it; the root's is the root.
    public var parent: AbsolutePath { AbsolutePath(components: components.dropLast()) }

    /// Whether `other` is this path or below it.
    public func contains(_ other: AbsolutePath) -> Bool {
        other.components.starts(with: components) { $0.utf8.elementsEqual($1.utf8) }
    }

    /// `component` inside `directory`. `component` must be a relative path without `..`.
    public static func / (directory: AbsolutePath, component: String) -> AbsolutePath {
        let added = split(component).filter { $0 != "." }
        precondition(!added.contains("..") && !component.utf8.contains(0), "a component never climbs")
        return AbsolutePath(components: directory.components + added)
    }
}

extension AbsolutePath {
    /// The components as the kernel sees them. It compares bytes, while Swift takes a slash and a combining
    /// mark behind it for one character, and "é" written in two ways for the same text.
    private static func split(_ text: String) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }

    /// Whether the bytes are the same.
    public static func == (left: AbsolutePath, right: AbsolutePath) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(text)
    }
}

extension AbsolutePath: CustomStringConvertible {
    /// The path.
    public var description: String { text }
}
