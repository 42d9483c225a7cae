public import JSON

/// A point in time: milliseconds since the beginning of 1970 UTC, up to the end of the year 9999.
///
/// A number that says when something was or is to be becomes one where it comes in, in a request, a file that is
/// imported, a row of the database or the host's clock, and is refused or set aside there when it lies outside. What is
/// computed from one stays within the range too, so no sum or difference can overflow.
public struct Timestamp: Hashable, Sendable {
    /// Milliseconds since 1970, within `range`.
    public let milliseconds: Int64

    /// What can be told: 1970-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
    public static let range: ClosedRange<Int64> = 0...253_402_300_799_999
    /// The beginning of 1970: of what tells no time.
    public static let earliest = Timestamp(clamping: range.lowerBound)
    /// The end of the year 9999.
    public static let latest = Timestamp(clamping: range.upperBound)

    /// The time so many milliseconds after the beginning of 1970; nil outside `range`.
    public init?(milliseconds: Int64) {
        guard Self.range.contains(milliseconds) else { return nil }
        self.milliseconds = milliseconds
    }

    /// The same; outside `range`, the end of it that is nearer.
    public init(clamping milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
    }

    /// Whole seconds since 1970.
    public var seconds: Int64 { milliseconds / 1000 }

    /// How long it is since `earlier`; nothing when that lies ahead.
    public func since(_ earlier: Timestamp) -> TimeSpan {
        // Both are below 2^48.
        TimeSpan(clamping: milliseconds - earlier.milliseconds)
    }

    /// `span` later, or the latest time there is.
    public static func + (time: Timestamp, span: TimeSpan) -> Timestamp {
        Timestamp(clamping: time.milliseconds + span.milliseconds)
    }

    /// `span` earlier, or the earliest time there is.
    public static func - (time: Timestamp, span: TimeSpan) -> Timestamp {
        Timestamp(clamping: time.milliseconds - span.milliseconds)
    }

    /// As the protocol and files have it.
    public var json: JSON { .integer(milliseconds) }
}

extension Timestamp: Comparable {
    /// Whether `left` comes first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}

extension Timestamp: ExpressibleByIntegerLiteral {
    /// A time written into the program, in milliseconds since 1970.
    public init(integerLiteral milliseconds: Int64) { self.init(clamping: milliseconds) }
}

extension Timestamp: CustomStringConvertible {
    /// As RFC 3339 writes it.
    public var description: String { RFC3339.text(self) }
}
