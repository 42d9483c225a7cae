/// One account with a messaging service: the connection, what comes over it, and what is said over it.
///
/// A service is added by a type of this protocol in a folder of its own. It knows neither sessions nor agents: it hands messages
/// to its receiver, and says what it is given.
package protocol Channel: Sendable {
    /// Which account it is.
    var id: AccountID { get }
    /// The service's name, for people.
    var label: String { get }
    /// How the connection is.
    var state: ChannelState { get }

    /// Holds the connection until the task is cancelled, making it anew where it broke, or until the service refuses the account
    /// for good. Only ever one call runs at a time.
    func run(_ receiver: any ChannelReceiver) async

    /// Whether an entry of a list, such as `allowFrom`, means `sender`.
    func isMatch(_ entry: String, _ sender: Sender) -> Bool

    /// The id of the group `name` as lists compare it.
    func group(_ name: String) -> String

    /// Where `text`, which a person wrote, says that a message is to go. Throws `ChannelFailure` when it names no such place.
    func target(_ text: String) throws(ChannelFailure) -> String

    /// The first piece of `message` that the service takes in one, and what is left of it; nil when nothing is left to say.
    func piece(of message: OutboundMessage) -> (piece: String, rest: String)?

    /// Waits until there is a connection, and the service will not mind one more message. Throws `CancellationError`, or
    /// `ChannelFailure` when there will be no connection.
    func waitForTurn() async throws

    /// Hands `piece`, one that `piece(of:)` cut, to the connection, for `target`. Whether it arrived is for `confirm` to tell.
    ///
    /// Waits for nothing: between what notes that the piece is said and the piece itself there is as little time as can be. Throws
    /// `ChannelFailure`.
    func post(_ piece: String, to target: String, thread: String?) throws(ChannelFailure)

    /// Waits until the service has taken in what was sent over the connection that stands. Throws `ChannelFailure`.
    func confirm() async throws
}

/// Who takes in what comes over a channel.
package protocol ChannelReceiver: Sendable {
    /// Takes `message` in. When this returns, the message is on disk, or was refused for good.
    func receive(_ message: InboundMessage, from channel: any Channel) async
    /// Hears that the state of `channel` is another now.
    func stateChanged(of channel: any Channel)
}
