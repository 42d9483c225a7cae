import JSON
import ModelServices

/// How far one turn may go.
public struct LoopLimits: Equatable, Sendable {
    /// How often the model is asked; 0 means as often as it likes. Default 60.
    public var requests: Int
    /// How often in a row the same call may bring the same result; 0 means as often as it likes. Default 5.
    public var repeats: Int
    /// What it may cost, in US dollars; 0 means whatever it costs. Default 5.
    public var cost: Double

    /// These limits.
    public init(requests: Int = 60, repeats: Int = 5, cost: Double = 5) {
        self.requests = requests
        self.repeats = repeats
        self.cost = cost
    }
}

/// Why a turn was stopped that its model would have gone on with.
public enum LoopStop: Equatable, Sendable {
    /// The model was asked so often.
    case requests(Int)
    /// This tool was called so often with the same arguments, and each time the result was the same.
    case repeated(tool: String, Int)
    /// It has cost so much, in US dollars.
    case cost(Double)
}

/// Watches over a turn, so that a model that is caught in a circle does not go on for ever.
struct LoopGuard {
    private struct Call: Hashable {
        let tool: String
        let arguments: String
    }

    private struct Outcome {
        let result: ToolResult
        var count: Int
    }

    private let limits: LoopLimits
    private var requests = 0
    private var cost: Double = 0
    /// What each call brought last, and how often in a row.
    private var outcomes: [Call: Outcome] = [:]
    private var stop: LoopStop?

    init(_ limits: LoopLimits) {
        self.limits = limits
    }

    /// The model was asked, and what that cost.
    mutating func noteRequest(cost more: Double) {
        requests += 1
        noteCost(more)
    }

    /// Something beside the model's answers cost this.
    mutating func noteCost(_ more: Double) { cost += more }

    /// `call` brought `result`.
    mutating func note(_ call: ToolCall, _ result: ToolResult) {
        let key = Call(
            tool: call.name, arguments: call.malformedArguments ?? JSON.object(call.arguments).text())
        var result = result
        result.callID = ""
        let count = outcomes[key].map { $0.result == result ? $0.count + 1 : 1 } ?? 1
        outcomes[key] = Outcome(result: result, count: count)
        if limits.repeats > 0, count >= limits.repeats { stop = stop ?? .repeated(tool: call.name, count) }
    }

    /// Why the model is not asked again; nil while it may be.
    var verdict: LoopStop? {
        if let stop { return stop }
        if limits.requests > 0, requests >= limits.requests { return .requests(requests) }
        if limits.cost > 0, cost >= limits.cost { return .cost(cost) }
        return nil
    }
}
