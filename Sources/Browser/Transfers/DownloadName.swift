/// The name of a file that a page or a server chose, made one that stays where it is put.
struct DownloadName: Sendable, Equatable {
    /// One name: without slashes, control characters, and dots or blanks at its beginning; 1 to 200 bytes.
    let text: String

    /// The longest, in bytes of UTF-8. Linux takes 255; the rest is for numbers that tell one from another.
    private static let limit = 200

    /// What is left of `suggestion`; `download` when nothing is.
    init(_ suggestion: String) {
        // On another system a path has other separators.
        let last = suggestion.split { $0 == "/" || $0 == "\\" }.last ?? ""
        let kept = String(String.UnicodeScalarView(last.unicodeScalars.filter { !Self.isUnfit($0) }))
        var name = kept.drop { $0 == "." || $0.isWhitespace }
        while let last = name.last, last.isWhitespace { name.removeLast() }
        text = name.isEmpty ? "download" : Self.shortened(String(name))
    }

    /// The same name with a number, before its ending: `a (2).txt`.
    func numbered(_ number: Int) -> String {
        let (stem, ending) = Self.parts(text)
        return "\(stem) (\(number))\(ending)"
    }

    /// Control characters, also those that turn the direction of writing round, and make an ending look like another.
    private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    private static func parts(_ name: String) -> (stem: Substring, ending: Substring) {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex, name[dot...].utf8.count <= 16 else {
            return (name[...], "")
        }
        return (name[..<dot], name[dot...])
    }

    private static func shortened(_ name: String) -> String {
        var (stem, ending) = parts(name)
        while stem.utf8.count + ending.utf8.count > limit, !stem.isEmpty { stem.removeLast() }
        return String(stem + ending)
    }
}
