public import JSON

/// A place in the configuration as people write it: `gateway.auth.mode`, `agents.list[0].id`, `models[a.b]`.
///
/// Names are separated by dots. Brackets hold an index, or a name with dots in it. A backslash takes the meaning from
/// the character after it.
public struct ConfigurationPath: Sendable, Equatable, CustomStringConvertible {
    /// The steps. Whether one is a name or an index is for the value it is looked up in.
    public let segments: [String]

    /// A text that is no path.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// One sentence: what of the text is no path.
        public var description: String
    }

    /// Reads `text`. Throws `Fault`.
    public init(_ text: String) throws(Fault) {
        var segments: [String] = []
        var segment = ""
        var characters = Array(text.unicodeScalars)[...]
        /// Whether the segment ended with brackets, so that a dot after them ends nothing more.
        var isClosed = false
        while let character = characters.popFirst() {
            switch character {
            case "\\":
                guard let next = characters.popFirst() else {
                    throw Fault(description: "Invalid path (ends in \\): \(text)")
                }
                segment.unicodeScalars.append(next)
            case ".":
                guard !segment.isEmpty || isClosed else {
                    throw Fault(description: "Invalid path (empty name): \(text)")
                }
                if !segment.isEmpty { segments.append(segment) }
                segment = ""
                isClosed = false
                guard !characters.isEmpty else { throw Fault(description: "Invalid path (empty name): \(text)") }
            case "[":
                if !segment.isEmpty { segments.append(segment) }
                segment = ""
                guard let end = characters.firstIndex(of: "]") else {
                    throw Fault(description: "Invalid path (missing \"]\"): \(text)")
                }
                var inner = String(String.UnicodeScalarView(characters[..<end]))
                inner = String(inner.drop(while: \.isWhitespace))
                while inner.last?.isWhitespace == true { inner.removeLast() }
                guard !inner.isEmpty else { throw Fault(description: "Invalid path (empty \"[]\"): \(text)") }
                segments.append(inner)
                characters = characters[(end + 1)...]
                isClosed = true
            default:
                segment.unicodeScalars.append(character)
                isClosed = false
            }
        }
        if !segment.isEmpty { segments.append(segment) }
        guard !segments.isEmpty else { throw Fault(description: "Invalid path: it is empty") }
        self.segments = segments
    }

    /// The path as it is written.
    public var description: String {
        var text = ""
        for segment in segments {
            if Self.index(segment) != nil || segment.contains(".") || segment.contains("[") {
                text += "[\(segment)]"
            } else {
                text += text.isEmpty ? segment : ".\(segment)"
            }
        }
        return text
    }

    /// `components` as they are written.
    public static func text(_ components: some Sequence<JSON.PathComponent>) -> String {
        var text = ""
        for component in components {
            switch component {
            case .index(let index): text += "[\(index)]"
            case .name(let name), .nameOf(let name):
                if name.isEmpty || name.contains(".") || name.contains("[") {
                    text += "[\(name)]"
                } else {
                    text += text.isEmpty ? name : ".\(name)"
                }
            }
        }
        return text
    }

    /// The index `segment` can stand for.
    package static func index(_ segment: String) -> Int? {
        segment.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(segment) : nil
    }

    // MARK: Values

    /// The components that lead to the value in `json`; nil when there is none.
    public func components(in json: JSON) -> [JSON.PathComponent]? {
        var components: [JSON.PathComponent] = []
        var value = json
        for segment in segments {
            if let array = value.array {
                guard let index = Self.index(segment), array.indices.contains(index) else { return nil }
                components.append(.index(index))
                value = array[index]
            } else {
                guard let child = value[segment] else { return nil }
                components.append(.name(segment))
                value = child
            }
        }
        return components
    }

    /// The value here in `json`; nil when there is none.
    public func value(in json: JSON) -> JSON? {
        var value = json
        for segment in segments {
            guard
                let child = value.array.map({ array in
                    Self.index(segment).flatMap { array.indices.contains($0) ? array[$0] : nil }
                }) ?? value[segment]
            else { return nil }
            value = child
        }
        return value
    }

    /// `json` with `new` here; objects and arrays that are missing on the way are made, an array where an index comes
    /// next. Throws `Fault` when something on the way is neither, or an index is beyond the end.
    public func setting(_ new: JSON, in json: JSON) throws(Fault) -> JSON {
        try Self.setting(new, segments[...], self, in: json)
    }

    private static func setting(
        _ new: JSON, _ rest: ArraySlice<String>, _ path: ConfigurationPath, in json: JSON?
    ) throws(Fault) -> JSON {
        guard let segment = rest.first else { return new }
        let next = rest.dropFirst()
        switch json {
        case .array(var array)?:
            guard let index = index(segment), index <= array.count else {
                throw Fault(description: "Cannot set \(path): \"\(segment)\" is no index of an array of \(array.count)")
            }
            let child = try setting(new, next, path, in: index < array.count ? array[index] : nil)
            if index < array.count { array[index] = child } else { array.append(child) }
            return .array(array)
        case .object(var object)?:
            object[segment] = try setting(new, next, path, in: object[segment])
            return .object(object)
        case nil:
            if index(segment) == 0 { return .array([try setting(new, next, path, in: nil)]) }
            var object = JSONObject()
            object[segment] = try setting(new, next, path, in: nil)
            return .object(object)
        case .null?, .bool?, .integer?, .double?, .string?:
            throw Fault(
                description:
                    "Cannot set \(path): what holds \"\(segment)\" is a \(json?.kind ?? "value"); unset that first")
        }
    }

    /// `json` without what stands here, or nil when nothing does. Elements behind a removed one move up.
    public func removing(from json: JSON) -> JSON? {
        Self.removing(segments[...], from: json)
    }

    private static func removing(_ rest: ArraySlice<String>, from json: JSON) -> JSON? {
        guard let segment = rest.first else { return nil }
        let next = rest.dropFirst()
        switch json {
        case .array(var array):
            guard let index = index(segment), array.indices.contains(index) else { return nil }
            if next.isEmpty {
                array.remove(at: index)
            } else {
                guard let child = removing(next, from: array[index]) else { return nil }
                array[index] = child
            }
            return .array(array)
        case .object(var object):
            guard let old = object[segment] else { return nil }
            if next.isEmpty {
                object[segment] = nil
            } else {
                guard let child = removing(next, from: old) else { return nil }
                object[segment] = child
            }
            return .object(object)
        case .null, .bool, .integer, .double, .string: return nil
        }
    }
}
