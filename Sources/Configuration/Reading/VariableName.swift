/// The names of variables that `${NAME}` in a configuration can mean: capital letters, digits and underscores, and no digit
/// first.
public enum VariableName {
    /// Whether `text` is one.
    public static func isValid(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy(isPart) && text.utf8.first.map { !isDigit($0) } ?? false
    }

    /// Whether `byte` may stand in one.
    static func isPart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_") || isDigit(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
