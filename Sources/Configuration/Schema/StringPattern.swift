import Policy
import Text
import Time

extension StringPattern {
    /// A colour, as in HTML: six hexadecimal digits, with or without `#`.
    static let color = StringPattern(expression: "^#?[0-9a-fA-F]{6}$", message: "expected hex color (RRGGBB)") { text in
        let digits = text.utf8.first == UInt8(ascii: "#") ? text.utf8.dropFirst() : text.utf8[...]
        return digits.count == 6 && digits.allSatisfy { Hex.value($0) != nil }
    }

    /// The name of a browser profile.
    static let browserProfile = StringPattern(
        expression: "^[a-z0-9-]+$", message: "expected lower-case letters, digits and hyphens"
    ) { text in
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    /// A time of the day: `08:00`, `24:00`.
    static let timeOfDay = StringPattern(
        expression: "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", message: "expected a time such as 08:30, up to 24:00"
    ) { text in
        TimeOfDay.minutes(text) != nil
    }

    /// An IPv4 or IPv6 address, without a port.
    static let address = StringPattern(
        expression: "^[0-9a-fA-F:.]+$",
        message: "expected an IP address such as 127.0.0.1 or ::1, not a name or a network"
    ) { text in
        IPAddress(text) != nil
    }

    /// A length of time: `30m`, `1.5h`, `0` for never.
    static let duration = StringPattern(
        expression: "^[0-9]+([.][0-9]+)?(ms|s|m|h|d)?$", message: "expected a duration such as 90s, 30m or 2h"
    ) { text in
        (try? DurationText.span(text, unit: .minutes)) != nil
    }
}
