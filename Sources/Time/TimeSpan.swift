public import JSON

/// A length of time: whole milliseconds, from none to 200 years.
///
/// A number that says how long something takes or may take becomes one where it comes in, in a request, the
/// configuration, a file that is imported or a row of the database, and is held against what is sensible there
/// (`longestWait`, `longestInterval`). What is computed from one stays within the range too, so no sum, product or timer
/// can overflow: 200 years are fewer nanoseconds than 64 bits hold.
public struct TimeSpan: Hashable, Sendable {
    /// What lengths of time are counted in.
    public enum Unit: String, Sendable, CaseIterable {
        case milliseconds = "ms"
        case seconds = "s"
        case minutes = "m"
        case hours = "h"
        case days = "d"

        /// How many milliseconds one has.
        public var milliseconds: Int64 {
            switch self {
            case .milliseconds: 1
            case .seconds: 1000
            case .minutes: 60_000
            case .hours: 3_600_000
            case .days: 86_400_000
            }
        }
    }

    /// Milliseconds, from 0 to 6,311,520,000,000.
    public let milliseconds: Int64

    /// No time at all.
    public static let zero = TimeSpan(clamping: 0)
    /// The longest there is: 200 years.
    public static let longest = TimeSpan(clamping: .max)
    /// The longest that anything is waited for: a turn of an agent, an answer, a file that is being written. 24 hours.
    public static let longestWait = TimeSpan(24, .hours)
    /// The longest between two times of a schedule, and the longest silence that ends a conversation. Ten years, which
    /// are 3660 days here.
    public static let longestInterval = TimeSpan(3660, .days)

    private static let limit: Int64 = 73_050 * 86_400_000

    /// So many milliseconds; less than none is none, and more than the longest is the longest.
    public init(clamping milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, 0), Self.limit)
    }

    /// `count` times `unit`; less than none is none, and more than the longest is the longest.
    public init(_ count: Int64, _ unit: Unit) {
        let (product, isTooMuch) = count.multipliedReportingOverflow(by: unit.milliseconds)
        self.init(clamping: isTooMuch ? (count < 0 ? 0 : .max) : product)
    }

    /// How many whole `unit`s it has.
    public func count(_ unit: Unit) -> Int64 { milliseconds / unit.milliseconds }

    /// The same for what waits.
    public var duration: Duration { .milliseconds(milliseconds) }

    /// The two one after the other, or the longest there is.
    public static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(clamping: left.milliseconds + right.milliseconds)
    }

    /// As the protocol and files have it, in milliseconds.
    public var json: JSON { .integer(milliseconds) }
}

extension TimeSpan: Comparable {
    /// Whether `left` is shorter.
    public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.milliseconds < right.milliseconds }
}

extension TimeSpan: CustomStringConvertible {
    /// In the largest unit that it has a whole number of: `30m`, `1500ms`.
    public var description: String {
        let unit = Unit.allCases.last { milliseconds > 0 && milliseconds % $0.milliseconds == 0 } ?? .milliseconds
        return "\(count(unit))\(unit.rawValue)"
    }
}
