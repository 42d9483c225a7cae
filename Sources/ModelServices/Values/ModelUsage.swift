/// How many tokens an answer took, as the service counted them.
public struct ModelUsage: Equatable, Sendable {
    /// Read, without those of the cache.
    public var input: Int64
    /// Written, with what was thought.
    public var output: Int64
    /// Read from the service's cache.
    public var cacheRead: Int64
    /// Written into it.
    public var cacheWrite: Int64

    /// Nothing, unless said otherwise.
    public init(input: Int64 = 0, output: Int64 = 0, cacheRead: Int64 = 0, cacheWrite: Int64 = 0) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
    }

    /// All of them together.
    public var total: Int64 { input + output + cacheRead + cacheWrite }

    /// This and `other` together.
    public func adding(_ other: ModelUsage) -> ModelUsage {
        ModelUsage(
            input: input + other.input, output: output + other.output, cacheRead: cacheRead + other.cacheRead,
            cacheWrite: cacheWrite + other.cacheWrite)
    }

    /// The most that is believed of one count: a service that tells more tells nothing.
    static let countLimit: Int64 = 1 << 48
}

/// What a model's tokens cost: US dollars for a million of each kind. Default 0.
public struct ModelPrice: Equatable, Sendable {
    /// Of what is read.
    public var input: Double
    /// Of what is written.
    public var output: Double
    /// Of what is read from the cache.
    public var cacheRead: Double
    /// Of what is written into it.
    public var cacheWrite: Double

    /// A price; what is not said is free.
    public init(input: Double = 0, output: Double = 0, cacheRead: Double = 0, cacheWrite: Double = 0) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
    }

    /// The cost of `usage` at these prices, in US dollars; the prices are per million tokens.
    public func cost(of usage: ModelUsage) -> ModelCost {
        func cost(_ count: Int64, _ price: Double) -> Double { Double(count) * price / 1_000_000 }
        return ModelCost(
            input: cost(usage.input, input), output: cost(usage.output, output),
            cacheRead: cost(usage.cacheRead, cacheRead), cacheWrite: cost(usage.cacheWrite, cacheWrite))
    }
}

/// What an answer cost, in US dollars.
public struct ModelCost: Equatable, Sendable {
    /// Of what was read.
    public var input: Double
    /// Of what was written.
    public var output: Double
    /// Of what was read from the cache.
    public var cacheRead: Double
    /// Of what was written into it.
    public var cacheWrite: Double

    /// All of it.
    public var total: Double { input + output + cacheRead + cacheWrite }
}
