/// Metrics in the text format Prometheus reads, version 0.0.4.
struct MetricsText {
    /// The media type of the format.
    static let type = "text/plain; version=0.0.4; charset=utf-8"

    /// What a metric can do.
    enum Kind: String {
        /// It only grows.
        case counter
        case gauge
    }

    /// One value of a metric, and what tells it from the others.
    struct Sample {
        var labels: [(name: String, value: String)] = []
        var value: Double
    }

    private(set) var text = ""

    /// Adds a metric. One without samples is left out.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(sample.value))\n"
        }
    }

    /// Adds a metric with one value; one that is not known is left out.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        add(name, kind, help, value.map { [Sample(value: $0)] } ?? [])
    }

    /// Adds what `tally` counted, told apart by `first` and `second`.
    mutating func add(_ name: String, _ help: String, _ tally: Tally, by first: String, _ second: String) {
        let samples = tally.all.map { entry in
            Sample(labels: [(first, entry.key.name), (second, entry.key.outcome)], value: Double(entry.count))
        }
        add(name, .counter, help, samples)
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
