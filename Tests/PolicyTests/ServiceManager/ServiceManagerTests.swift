import Policy
import Testing

/// What a service manager's variables mean (sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3)).
@Suite struct ServiceManagerTests {
    private func read(_ variables: [String: String]) throws -> ServiceManager {
        try ServiceManager(processID: 77) { variables[$0] }
    }

    @Test func `without the variables there is no service manager`() throws {
        #expect(try read([:]) == ServiceManager())
    }

    @Test(arguments: [
        ("/run/systemd/notify", [1, 0] + Array("/run/systemd/notify".utf8) + [0]),
        ("@name", [1, 0, 0] + Array("name".utf8)),
    ])
    func `an address is a path or an abstract name`(text: String, address: [UInt8]) throws {
        #expect(try read(["NOTIFY_SOCKET": text]).notificationAddress?.socketAddress == address)
    }

    @Test func `a socket's name holds 108 bytes`() {
        let name = String(repeating: "x", count: 106)
        #expect(NotificationAddress("/" + name)?.socketAddress.count == 110)
        #expect(NotificationAddress("/x" + name) == nil)
        #expect(NotificationAddress("@x" + name)?.socketAddress.count == 110)
        #expect(NotificationAddress("@xx" + name) == nil)
    }

    @Test(arguments: ["", "/", "@", "notify", "./notify", "vsock:2:1234", "unix:/run/x", "a/b", "/a\0b"])
    func `any other address is an error that names the variable`(text: String) {
        let error = #expect(throws: ServiceManagerError.self) { try read(["NOTIFY_SOCKET": text]) }
        #expect(error?.variable == "NOTIFY_SOCKET")
        #expect(error?.description.contains("unset it") == true)
    }

    static let watchdogs: [(variables: [String: String], interval: UInt64?)] = [
        (["WATCHDOG_USEC": "3000000"], 3_000_000), (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "77"], 3_000_000),
        (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "78"], nil), (["WATCHDOG_PID": "77"], nil),
        // Another's variables are no matter of ours, right or wrong.
        (["WATCHDOG_USEC": "x", "WATCHDOG_PID": "78"], nil),
    ]

    @Test(arguments: watchdogs)
    func `the watchdog is for the process it names`(variables: [String: String], interval: UInt64?) throws {
        #expect(try read(variables).watchdogMicroseconds == interval)
    }

    @Test(arguments: ["0", "-1", "x", "", "18446744073709551615", "1.5"])
    func `an interval that is none is an error`(text: String) {
        #expect(throws: ServiceManagerError.self) { try read(["WATCHDOG_USEC": text]) }
    }

    @Test func `passed descriptors begin at 3 and have names`() throws {
        let passed = try read(["LISTEN_PID": "77", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "http:"]).passed
        #expect(passed?.numbers == 3..<5)
        #expect(passed?.name(of: 3) == "http")
        #expect(passed?.name(of: 4)?.isEmpty == true)
        #expect(passed?.name(of: 5) == nil)
        let unnamed = try read(["LISTEN_PID": "77", "LISTEN_FDS": "1"]).passed
        #expect(unnamed?.numbers == 3..<4)
        #expect(unnamed?.name(of: 3) == nil)
    }

    @Test(arguments: [["LISTEN_PID": "77"], ["LISTEN_FDS": "1"], ["LISTEN_PID": "77", "LISTEN_FDS": "0"]])
    func `without a process or a count nothing is passed`(variables: [String: String]) throws {
        #expect(try read(variables) == ServiceManager())
    }

    @Test func `what is passed to another process is not taken`() throws {
        let manager = try read(["LISTEN_PID": "78", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a:b:c"])
        #expect(manager.passed == nil)
        #expect(manager.otherRecipient == 78)
    }

    // MARK: Credentials

    @Test func `the credentials of another service are not taken`() throws {
        let directory = ["CREDENTIALS_DIRECTORY": "/run/credentials/x.service"]
        let own = try read(directory.merging(["SYSTEMD_EXEC_PID": "77"]) { $1 })
        #expect(own.credentialsDirectory?.text == "/run/credentials/x.service")
        for other in [[:], ["SYSTEMD_EXEC_PID": "78"]] {
            #expect(try read(directory.merging(other) { $1 }).credentialsDirectory == nil)
        }
        #expect(throws: ServiceManagerError.self) {
            try read(["CREDENTIALS_DIRECTORY": "x", "SYSTEMD_EXEC_PID": "77"])
        }
    }

    // MARK: The payload's end

    @Test(arguments: [["SYSTEMD_EXEC_PID": "77"], ["NOTIFY_SOCKET": "/run/systemd/notify"]])
    func `of a payload's own end a service manager is told none of the launcher's final statuses`(
        variables: [String: String]
    ) throws {
        let manager = try read(variables)
        for code in 0...255 as ClosedRange<Int32> {
            let told = manager.exitStatus(ofPayload: code, isGateway: false)
            #expect(told == ([2, 69, 78].contains(code) ? 1 : code))
            #expect(manager.exitStatus(ofPayload: code, isGateway: true) == code)
        }
    }

    @Test(arguments: [[:], ["SYSTEMD_EXEC_PID": "78"], ["SYSTEMD_EXEC_PID": "x"]])
    func `without a service manager the payload's status is its own`(variables: [String: String]) throws {
        let manager = try read(variables)
        for code in 0...255 as ClosedRange<Int32> {
            #expect(manager.exitStatus(ofPayload: code, isGateway: false) == code)
        }
    }

    @Test(arguments: [
        ["LISTEN_PID": "x", "LISTEN_FDS": "1"], ["LISTEN_PID": "77", "LISTEN_FDS": "x"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "-1"], ["LISTEN_PID": "77", "LISTEN_FDS": "2147483647"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "99999999999"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "one"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "one:two"],
    ])
    func `variables that contradict themselves are an error`(variables: [String: String]) {
        #expect(throws: ServiceManagerError.self) { try read(variables) }
    }
}
