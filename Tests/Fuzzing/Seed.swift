import Glibc

/// The seed that whoever runs the tests gives by a variable.
enum Seed {
    /// What the variable `name` holds; nil when it is not set. Ends the tests when it holds no number: they would try other
    /// inputs than those that were asked for.
    static func given(by name: String) -> UInt64? {
        guard let text = getenv(name).map({ String(cString: $0) }) else { return nil }
        guard let seed = UInt64(text) else {
            fatalError("\(name)=\(text): expected a number from 0 to \(UInt64.max)")
        }
        return seed
    }
}
