import ModelServices
import Synchronization

/// How the answer to a request ended.
final class AnswerBox: Sendable {
    private let state = Mutex<Result<ModelAnswer, ModelFailure>?>(nil)

    /// The answer; whoever asks waited until it had ended.
    var end: Result<ModelAnswer, ModelFailure> {
        state.withLock { $0 } ?? .failure(ModelFailure(.aborted, "the answer has no end"))
    }

    func take(_ event: ModelEvent) {
        switch event {
        case .done(let answer): state.withLock { $0 = .success(answer) }
        case .failed(let failure, _): state.withLock { $0 = .failure(failure) }
        case .start, .retry, .blockStart, .blockDelta, .blockEnd: break
        }
    }
}
