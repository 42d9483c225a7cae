import Gateway
import JSON

/// What an answer took, in words.
enum UsageText {
    /// What the person wants to see of it after each answer: `responseUsage` of a session.
    enum Detail: String {
        case off, tokens, full
    }

    /// The parts of a line that tells of `usage`, as messages carry it; without its cost unless `hasCost`. None where nobody
    /// counted.
    static func parts(_ usage: JSON?, hasCost: Bool = true) -> [String] {
        func count(_ name: String) -> Int64? { usage?[name]?.integer }
        var counts: [String] = []
        if let read = count("input") { counts.append("\(read) read") }
        if let cached = count("cacheRead"), cached > 0 { counts.append("\(cached) from cache") }
        if let written = count("output") { counts.append("\(written) written") }
        var parts = counts.isEmpty ? [] : ["tokens: \(counts.joined(separator: ", "))"]
        if hasCost, let cost = usage?["cost"]?["total"]?.number { parts.append("cost: \(DollarText.text(cost))") }
        return parts
    }

    /// The same on one line.
    static func line(_ usage: JSON?, _ detail: Detail) -> String? {
        let parts = parts(usage, hasCost: detail == .full)
        return detail == .off || parts.isEmpty ? nil : "(\(parts.joined(separator: "; ")))"
    }
}
