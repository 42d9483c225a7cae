import Testing
import Time

@testable import Configuration
@testable import Gateway

@Suite struct QueueChangeTests {
    @Test func `a mode and options are read, in upper case too`() throws {
        let change = try #require(QueueChange(" /Queue Collect debounce:2s cap:25 drop:old "))
        #expect(change.fault == nil)
        #expect(change.mode == .collect)
        #expect(change.debounce == TimeSpan(2, .seconds))
        #expect(change.cap == 25)
        #expect(change.drop == .old)
        #expect(QueueChange("/queue default")?.isReset == true)
    }

    @Test func `what is not understood is named, and another word is no change`() throws {
        #expect(QueueChange("/queue sideways")?.fault?.hasPrefix("\"sideways\" is none of") == true)
        #expect(QueueChange("queue collect") == nil)
        #expect(QueueChange("") == nil)
    }

    @Test func `a long message is said to an agent`() {
        #expect(QueueChange("/queue collect" + String(repeating: " ", count: 498)) != nil)
        #expect(QueueChange("/queue collect" + String(repeating: " ", count: 499)) == nil)
    }
}
