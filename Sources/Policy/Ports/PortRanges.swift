/// Port numbers as people write many of them.
enum PortRanges {
    /// Ascending numbers as ranges: `80,443,19800-19899`.
    static func text(_ numbers: [UInt16]) -> String {
        var text = ""
        var start = 0
        while start < numbers.count {
            var end = start
            while end + 1 < numbers.count, Int(numbers[end + 1]) == Int(numbers[end]) + 1 { end += 1 }
            text += text.isEmpty ? "\(numbers[start])" : ",\(numbers[start])"
            if end > start { text += "-\(numbers[end])" }
            start = end + 1
        }
        return text
    }
}
