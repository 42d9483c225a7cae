/// Amounts of US dollars, as people read them.
public enum DollarText {
    /// `amount` with two digits of cents, or four where it is less than ten cents: `$1.50`, `$0.0042`.
    public static func text(_ amount: Double) -> String {
        let digits = abs(amount) >= 0.1 || amount == 0 ? 2 : 4
        let unit = digits == 2 ? 100.0 : 10_000.0
        let scaled = (amount * unit).rounded()
        guard scaled.isFinite, abs(scaled) < 1e15 else { return "$\(amount)" }
        let count = Int64(abs(scaled))
        let fraction = String(count % Int64(unit))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(scaled < 0 ? "-" : "")$\(count / Int64(unit)).\(zeros)\(fraction)"
    }
}
