import Synchronization
import Text

@testable import Channels

/// Notes what comes in over a channel.
final class TestReceiver: ChannelReceiver {
    private let log = Mutex<[InboundMessage]>([])
    private let phases = Mutex<[ChannelState.Phase]>([])

    var messages: [InboundMessage] { log.withLock { $0 } }
    /// The phases that the channel went through, without those that followed themselves.
    var history: [ChannelState.Phase] { phases.withLock { $0 } }

    func receive(_ message: InboundMessage, from channel: any Channel) async { log.withLock { $0.append(message) } }

    func stateChanged(of channel: any Channel) {
        let phase = channel.state.phase
        phases.withLock { if $0.last != phase { $0.append(phase) } }
    }
}

extension Secret {
    static func test(_ text: String) -> Secret { Secret(text) ?? .random(byteCount: 4) }
}

/// Waits until `condition` holds, a minute at most, and says whether it does.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}
