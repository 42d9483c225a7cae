import Testing
import Time

@testable import Channels

extension InboundMessage {
    /// A message for tests.
    static func test(
        _ text: String = "hello", from sender: String = "ada", in place: Place = .direct, mentioning: Bool = false,
        id: String = "1", at time: Timestamp = Timestamp(clamping: 1_800_000_000_000)
    ) -> InboundMessage {
        InboundMessage(
            account: AccountID("irc", "default"), id: id, place: place, sender: Sender(id: sender, name: sender),
            text: text, isMentioning: mentioning, time: time, replyTarget: sender)
    }
}

@Suite struct AdmissionTests {
    private func decide(
        _ message: InboundMessage, paired: Bool = false, mentions: Bool = false, _ change: (inout ChannelPolicy) -> Void
    ) -> Admission.Decision {
        var policy = ChannelPolicy()
        change(&policy)
        return Admission(policy) { $0 == $1.id }.decide(message, isPaired: paired, mentions: { _ in mentions })
    }

    private let stranger = Admission.Decision.ignored("the sender is not listed")

    @Test func `by default a stranger is asked to pair, and who was let in is heard`() {
        #expect(decide(.test()) { _ in } == .mustPair)
        #expect(decide(.test(), paired: true) { _ in } == .admitted)
        #expect(decide(.test()) { $0.senders = ["ada"] } == .admitted)
        // Everybody is no answer to who may write without asking.
        #expect(decide(.test()) { $0.senders = ["*"] } == .mustPair)
    }

    @Test func `a list is a list`() {
        #expect(decide(.test(), paired: true) { $0.direct = .allowlist } == stranger)
        #expect(
            decide(.test()) {
                $0.direct = .allowlist
                $0.senders = ["ada"]
            } == .admitted)
    }

    @Test func `open needs the word for everybody`() {
        #expect(decide(.test()) { $0.direct = .open } == stranger)
        #expect(
            decide(.test()) {
                $0.direct = .open
                $0.senders = ["*"]
            } == .admitted)
    }

    @Test func `disabled is nobody`() {
        let decision = decide(.test(), paired: true) {
            $0.direct = .disabled
            $0.senders = ["*", "ada"]
        }
        #expect(decision == .ignored("direct messages are disabled"))
    }

    @Test func `a group that is not listed is not heard`() {
        let message = InboundMessage.test(in: .group("#a"), mentioning: true)
        #expect(decide(message) { _ in } == .ignored("the group is not listed"))
        #expect(decide(message) { $0.groups = ["#b": .init()] } == .ignored("the group is not listed"))
        #expect(decide(message) { $0.groups = ["#a": .init()] } == .admitted)
        #expect(decide(message) { $0.groups = ["*": .init()] } == .admitted)
        #expect(
            decide(message) { $0.groups = ["#a": .init(isEnabled: false), "*": .init()] }
                == .ignored("the group is disabled"))
        #expect(decide(message) { $0.groupPolicy = .open } == .admitted)
        #expect(
            decide(message) {
                $0.groupPolicy = .disabled
                $0.groups = ["#a": .init()]
            } == .ignored("groups are disabled"))
    }

    @Test func `a group is answered when it is mentioned, and overheard otherwise`() {
        let message = InboundMessage.test(in: .group("#a"))
        #expect(decide(message) { $0.groups = ["#a": .init()] } == .overheard)
        #expect(decide(message, mentions: true) { $0.groups = ["#a": .init()] } == .admitted)
        #expect(decide(message) { $0.groups = ["#a": .init(requiresMention: false)] } == .admitted)
    }

    @Test func `in a group those are heard who are listed for it`() {
        let message = InboundMessage.test(in: .group("#a"), mentioning: true)
        #expect(decide(message) { $0.groups = ["#a": .init(senders: ["bob"])] } == stranger)
        #expect(decide(message) { $0.groups = ["#a": .init(senders: ["ada"])] } == .admitted)
        #expect(
            decide(message) {
                $0.groups = ["#a": .init()]
                $0.groupSenders = ["bob"]
            } == stranger)
        #expect(
            decide(message) {
                $0.groups = ["#a": .init(senders: ["*"])]
                $0.groupSenders = ["bob"]
            } == .admitted)
    }

    @Test func `who was let in alone is no more than others in a group`() {
        let message = InboundMessage.test(in: .group("#a"), mentioning: true)
        #expect(
            decide(message, paired: true) {
                $0.groups = ["#a": .init()]
                $0.groupSenders = []
            } == stranger)
    }

    @Test(arguments: [
        ("@clawd do", true), ("hey CLAWD!", true), ("claw", false), ("nothing", false), ("a.c (", true), ("abc", false),
    ])
    func `patterns are expressions, and otherwise text`(text: String, isMentioning: Bool) {
        #expect(MentionPatterns([#"\bclawd\b"#, "a.c (", ""]).areIn(text) == isMentioning)
    }
}

/// A guard that a test asks.
private final class Watch {
    private var guardian = AnswerGuard()
    func permits(_ sender: String, at time: Timestamp) -> Bool { guardian.permits(sender, at: time) }
}

/// A book that a test writes into.
private final class Book {
    private var book = PairingBook()
    var requests: [PairingBook.Request] { book.requests }
    func ask(_ sender: Sender, at now: Timestamp) -> PairingBook.Outcome { book.ask(sender, at: now) }
    func take(_ code: PairingCode, at now: Timestamp) -> PairingBook.Request? { book.take(code, at: now) }
}

@Suite struct AnswerGuardTests {
    private let start = Timestamp(clamping: 1_800_000_000_000)

    @Test func `the twenty-first message within a minute is not answered, until it is quiet`() {
        let guardian = Watch()
        for _ in 1...20 { #expect(guardian.permits("bot", at: start)) }
        #expect(!guardian.permits("bot", at: start + TimeSpan(1, .seconds)))
        #expect(guardian.permits("ada", at: start))
        // It goes on, and stays unanswered.
        for second in 2...200 where !second.isMultiple(of: 3) {
            #expect(!guardian.permits("bot", at: start + TimeSpan(Int64(second), .seconds)), "\(second)")
        }
        #expect(guardian.permits("bot", at: start + TimeSpan(300, .seconds)))
    }

    @Test func `who writes slowly is always answered`() {
        let guardian = Watch()
        for minute in 0..<500 { #expect(guardian.permits("ada", at: start + TimeSpan(Int64(minute) * 4, .seconds))) }
    }
}

@Suite struct PairingBookTests {
    private let start = Timestamp(clamping: 1_800_000_000_000)
    private func sender(_ name: String) -> Sender { Sender(id: name, name: name) }

    @Test func `a code has eight characters that nobody mistakes`() throws {
        var seen: Set<Character> = []
        for _ in 0..<500 {
            let code = PairingCode.random().description
            #expect(code.count == 8)
            seen.formUnion(code)
        }
        #expect(seen == Set("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"))
        try #expect(#require(PairingCode("abcdefgh")).description == "ABCDEFGH")
        for text in ["ABCDEFG", "ABCDEFGHJ", "ABCDEFG1", "ABCDEFGO", "ABCDEFG ", ""] {
            #expect(PairingCode(text) == nil)
        }
    }

    @Test func `three ask at most, each once, and their codes hold for an hour`() throws {
        let book = Book()
        var codes: [PairingCode] = []
        for name in ["a", "b", "c"] {
            guard case .isNew(let request) = book.ask(sender(name), at: start) else {
                Issue.record("\(name) is new")
                return
            }
            codes.append(request.code)
        }
        #expect(book.ask(sender("d"), at: start) == .isFull)
        guard case .isKnown(let again) = book.ask(sender("a"), at: start) else {
            Issue.record("a asked before")
            return
        }
        #expect(again.code == codes[0])
        #expect(book.take(codes[1], at: start)?.sender.id == "b")
        #expect(book.take(codes[1], at: start) == nil)
        guard case .isNew = book.ask(sender("d"), at: start) else {
            Issue.record("there is room again")
            return
        }
        let late = start + TimeSpan(60, .minutes)
        #expect(book.take(codes[0], at: late) == nil)
        #expect(book.requests.isEmpty)
    }
}
