import AgentLoop

/// Why a turn was stopped that would have gone on.
struct StoppedTurnError: Error, Equatable, CustomStringConvertible, ResponderError {
    let description: String
    var isTimeout: Bool { false }
    /// Another model would begin the same anew.
    var isForAnother: Bool { false }

    init(_ stop: LoopStop) {
        let (reason, key) =
            switch stop {
            case .requests(let count): ("the model was asked \(count) times", "maxRequests")
            case .repeated(let tool, let count):
                (
                    "it called \(tool) \(count) times in the same way, and each time the result was the same",
                    "maxRepeats"
                )
            case .cost(let cost):
                ("it has cost \(DollarText.text(cost))", "maxCost")
            }
        description =
            "the run was stopped: \(reason). What it did so far is kept; say how it is to go on, or raise "
            + "agents.defaults.loopGuard.\(key)"
    }
}
