import JSON

/// How much a model read and wrote, as it counts.
struct TokenUsage: Equatable, Sendable {
    var input: Int64?
    var output: Int64?
    var cacheRead: Int64?
    var cacheWrite: Int64?
    var total: Int64?
    /// What that cost, where prices are known.
    var cost: TokenCost?

    init(
        input: Int64?, output: Int64?, cacheRead: Int64?, cacheWrite: Int64?, total: Int64?, cost: TokenCost? = nil
    ) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.total = total
        self.cost = cost
    }

    /// Reads what a program tells in `usage`, in any of the spellings there are; nil when nothing of it is known.
    init?(_ json: JSON?) {
        guard let json else { return nil }
        func count(_ names: String...) -> Int64? {
            names.lazy.compactMap { json[$0]?.integer }.first { (0...Self.limit).contains($0) }
        }
        input = count("input_tokens", "inputTokens", "prompt_tokens", "input")
        output = count("output_tokens", "outputTokens", "completion_tokens", "output")
        cacheRead = count("cache_read_input_tokens", "cached_input_tokens", "cacheRead")
        cacheWrite = count("cache_creation_input_tokens", "cacheWrite")
        total = count("total_tokens", "total", "totalTokens")
        guard [input, output, cacheRead, cacheWrite, total].contains(where: { $0 != nil }) else { return nil }
    }

    /// What it read and wrote together; what it tells of that comes before what can be summed up.
    var sum: Int64? { total ?? input.map { $0 + (output ?? 0) } }

    /// The most that is believed of one count: a program that tells more tells nothing.
    private static let limit: Int64 = 1 << 48

    /// As results and messages carry it.
    var json: JSON {
        var object = JSONObject()
        object["input"] = input.map(JSON.integer)
        object["output"] = output.map(JSON.integer)
        object["cacheRead"] = cacheRead.map(JSON.integer)
        object["cacheWrite"] = cacheWrite.map(JSON.integer)
        object["total"] = total.map(JSON.integer)
        if let cost {
            // The original's readers look for the sum under this name, and for what it cost beside it.
            object["totalTokens"] = total.map(JSON.integer)
            object["cost"] = cost.json
        }
        return .object(object)
    }
}

/// What tokens cost, in US dollars.
struct TokenCost: Equatable, Sendable {
    var input: Double
    var output: Double
    var cacheRead: Double
    var cacheWrite: Double

    /// All of it.
    var total: Double { input + output + cacheRead + cacheWrite }

    /// As messages carry it.
    var json: JSON {
        [
            "input": .double(input), "output": .double(output), "cacheRead": .double(cacheRead),
            "cacheWrite": .double(cacheWrite), "total": .double(total),
        ]
    }
}
