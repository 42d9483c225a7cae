/// The names under which programs know this interface: its own, and those of the programs before it.
public enum ProductName {
    /// In the order in which they are looked for.
    public static let all = ["mazelclaw", "openclaw", "moltbot"]

    /// `path`, with `/__NAME__` at its beginning written with our own name, whichever of them stands there.
    public static func ownPath(_ path: String) -> String {
        for name in all.dropFirst() where path.hasPrefix("/__\(name)__/") {
            return "/__\(all[0])__" + path.dropFirst(name.utf8.count + 5)
        }
        return path
    }
}
