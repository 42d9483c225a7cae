import Foundation
import Policy
import Testing

/// What of a payload's datagram is passed on (sd_notify(3)).
@Suite struct ServiceNotificationTests {
    static let datagrams: [(given: String, sent: String?)] = [
        ("READY=1", "READY=1"),
        ("READY=1\n", "READY=1"),
        ("READY=1\0", "READY=1"),
        ("READY=1\nSTATUS=up", "READY=1\nSTATUS=payload: up"),
        ("RELOADING=1\nMONOTONIC_USEC=42", "RELOADING=1\nMONOTONIC_USEC=42"),
        ("MONOTONIC_USEC=42\nRELOADING=1", "MONOTONIC_USEC=42\nRELOADING=1"),
        ("STOPPING=1", "STOPPING=1"),
        ("WATCHDOG=1", "WATCHDOG=1"),
        ("WATCHDOG=trigger", "WATCHDOG=trigger"),
        ("EXTEND_TIMEOUT_USEC=5000000", "EXTEND_TIMEOUT_USEC=5000000"),
        ("ERRNO=2", "ERRNO=2"),
        ("EXIT_STATUS=255", "EXIT_STATUS=255"),
        ("STATUS=", "STATUS=payload: "),
        // A number is written anew.
        ("ERRNO=+002", "ERRNO=2"),
        // Of two of one kind the first counts.
        ("STATUS=a\nSTATUS=b", "STATUS=payload: a"),
        ("READY=0\nREADY=1", "READY=1"),
        // Values of another kind.
        ("READY=yes", nil), ("READY=", nil), ("READY=1 ", nil), ("ready=1", nil), (" READY=1", nil), ("READY", nil),
        ("ERRNO=-1", nil), ("ERRNO=ENOENT", nil), ("ERRNO=99999999999", nil), ("EXIT_STATUS=256", nil),
        ("WATCHDOG=0", nil), ("EXTEND_TIMEOUT_USEC=infinity", nil), ("EXTEND_TIMEOUT_USEC=-1", nil),
        ("EXTEND_TIMEOUT_USEC=18446744073709551616", nil), ("MONOTONIC_USEC=42", nil), ("=1", nil), ("", nil),
        ("\n\n\n", nil),
        // What is not the payload's to say.
        ("MAINPID=1", nil), ("MAINPIDFD=1", nil), ("MAINPIDFDID=1", nil), ("FDSTORE=1\nFDNAME=x", nil),
        ("FDSTOREREMOVE=1\nFDNAME=x", nil), ("FDPOLL=0", nil), ("BUSERROR=org.example.Error", nil),
        ("VARLINKERROR=x", nil), ("NOTIFYACCESS=all", nil), ("WATCHDOG_USEC=1", nil), ("BARRIER=1", nil),
        ("X_SECRET=1", nil), ("RESTART_RESET=1", nil),
        ("MAINPID=1\nREADY=1\nNOTIFYACCESS=all", "READY=1"),
        // A status that would be more than one line.
        ("STATUS=x\nMAINPID=1", "STATUS=payload: x"),
        ("STATUS=x\rMAINPID=1", "STATUS=payload: x\\u{d}MAINPID=1"),
        ("STATUS=\u{1B}[2Jgone\u{7F}\u{9B}\u{2028}", "STATUS=payload: \\u{1b}[2Jgone\\u{7f}\\u{9b}\\u{2028}"),
        ("STATUS=caf\u{E9} \u{1F980}", "STATUS=payload: caf\u{E9} \u{1F980}"),
        // NUL inside: not one of these is to be trusted.
        ("READY=1\0STATUS=x", nil), ("\0READY=1", nil), ("READY=1\0\0", nil),
    ]

    @Test(arguments: datagrams)
    func `a datagram is passed on as far as it may be`(given: String, sent: String?) {
        let notification = ServiceNotification(relaying: Array(given.utf8))
        #expect(notification.map { String(decoding: $0.bytes, as: UTF8.self) } == sent)
    }

    @Test func `bytes that are no UTF-8 are none any more`() {
        let bytes = ServiceNotification(relaying: Array("STATUS=a".utf8) + [0xFF, 0xC3])?.bytes
        #expect(bytes == Array("STATUS=payload: a\u{FFFD}\u{FFFD}".utf8))
    }

    @Test func `a datagram above the limit is dropped, one at it is not`() {
        let longest = "STATUS=" + String(repeating: "x", count: ServiceNotification.limit - 7)
        #expect(ServiceNotification(relaying: Array(longest.utf8)) != nil)
        #expect(ServiceNotification(relaying: Array((longest + "x").utf8)) == nil)
        #expect(ServiceNotification(relaying: Array(repeating: UInt8(ascii: "A"), count: 65536)) == nil)
    }

    @Test(arguments: ["x", "\u{1B}", "\u{E9}", "\u{1F980}"])
    func `a long status is cut between characters and leaves room for the rest`(character: String) throws {
        let long = "READY=1\nSTATUS=" + String(repeating: character, count: 4000 / character.utf8.count)
        let bytes = try #require(ServiceNotification(relaying: Array(long.utf8))?.bytes)
        let text = try #require(String(validating: bytes, as: UTF8.self))
        #expect(text.hasSuffix("..."))
        #expect(text.hasPrefix("READY=1\nSTATUS=payload: "))
        #expect(bytes.count <= 8 + 7 + ServiceNotification.statusLimit)
        #expect(bytes.count > ServiceNotification.statusLimit)
    }

    @Test func `READY passes once, and once more after each reload`() {
        var gate = NotificationGate()
        func pass(_ text: String) -> String? {
            ServiceNotification(relaying: Array(text.utf8)).flatMap { gate.pass($0) }
                .map { String(decoding: $0.bytes, as: UTF8.self) }
        }
        #expect(pass("READY=1") == "READY=1")
        #expect(pass("READY=1") == nil)
        #expect(pass("READY=1\nSTATUS=x") == "STATUS=payload: x")
        #expect(pass("RELOADING=1\nMONOTONIC_USEC=7") == "RELOADING=1\nMONOTONIC_USEC=7")
        #expect(pass("READY=1") == "READY=1")
        #expect(pass("READY=1") == nil)
        #expect(pass("RELOADING=1\nREADY=1") == "RELOADING=1\nREADY=1")
        #expect(pass("READY=1") == nil)
        for _ in 0..<3 { #expect(pass("WATCHDOG=1") == "WATCHDOG=1") }
    }

    @Test func `STOPPING passes once, whoever says it`() {
        var gate = NotificationGate()
        let stopping = ServiceNotification(.stopping)
        #expect(gate.pass(stopping) == stopping)
        #expect(gate.pass(stopping) == nil)
        #expect(gate.pass(ServiceNotification(.stopping, .errno(5))) == ServiceNotification(.errno(5)))
    }

    @Test func `a burst is taken at once, then one at a time`() {
        var pace = NotificationPace()
        let start: Int64 = 1_000_000_000
        for _ in 0..<NotificationPace.burst {
            #expect(pace.delay(at: start) == 0)
            pace.take(at: start)
        }
        #expect(pace.delay(at: start) == NotificationPace.interval)
        #expect(pace.delay(at: start + NotificationPace.interval) == 0)
        pace.take(at: start + NotificationPace.interval)
        #expect(pace.delay(at: start + NotificationPace.interval) == NotificationPace.interval)
        // After a rest the burst is there again.
        let later = start + 2 * NotificationPace.burst * NotificationPace.interval
        for _ in 0..<NotificationPace.burst {
            #expect(pace.delay(at: later) == 0)
            pace.take(at: later)
        }
        #expect(pace.delay(at: later) > 0)
    }
}
