/// What the service manager that started this process told it by variables (sd_notify(3), sd_watchdog_enabled(3),
/// sd_listen_fds(3)).
public struct ServiceManager: Equatable, Sendable {
    /// Where it wants to be told what happens ($NOTIFY_SOCKET); nil when it does not.
    public var notificationAddress: NotificationAddress?
    /// Within how many microseconds it wants to be petted, again and again ($WATCHDOG_USEC); nil when it does not.
    public var watchdogMicroseconds: UInt64?
    /// The descriptors it passed to this process ($LISTEN_FDS); nil when there are none.
    public var passed: PassedDescriptors?
    /// The process that descriptors were passed to, when that is another one ($LISTEN_PID).
    public var otherRecipient: Int32?

    /// Whether it started this very process as a service ($SYSTEMD_EXEC_PID, systemd.exec(5)).
    public var isParent = false

    /// Where it keeps secrets for this very process ($CREDENTIALS_DIRECTORY); nil when it keeps none.
    public var credentialsDirectory: AbsolutePath?

    /// No service manager.
    public init() {}

    /// Reads the variables for the process `processID`. What is meant for another process is not taken.
    ///
    /// Throws `ServiceManagerError` for a variable that no service manager sets so.
    public init(processID: Int32, _ lookUp: (String) -> String?) throws(ServiceManagerError) {
        isParent = lookUp("SYSTEMD_EXEC_PID").flatMap(Int32.init) == processID
        // A shell that runs somewhere below a service has that service's.
        if isParent, let text = lookUp(Self.credentialsVariable) {
            guard let directory = AbsolutePath(text) else {
                throw ServiceManagerError(
                    variable: Self.credentialsVariable, value: text, expected: "an absolute path")
            }
            credentialsDirectory = directory
        }
        if let text = lookUp("NOTIFY_SOCKET") {
            guard let address = NotificationAddress(text) else {
                throw ServiceManagerError(
                    variable: "NOTIFY_SOCKET", value: text, expected: "an absolute path, or @ and a name")
            }
            notificationAddress = address
        }
        if let text = lookUp("WATCHDOG_USEC"), try Self.number(lookUp, "WATCHDOG_PID") ?? processID == processID {
            guard let interval = UInt64(text), interval > 0, interval < .max else {
                throw ServiceManagerError(
                    variable: "WATCHDOG_USEC", value: text, expected: "a number of microseconds")
            }
            watchdogMicroseconds = interval
        }
        guard let recipient = try Self.number(lookUp, "LISTEN_PID"), let count = try Self.number(lookUp, "LISTEN_FDS")
        else { return }
        guard recipient == processID else {
            otherRecipient = recipient
            return
        }
        guard count > 0 else { return }
        passed = try PassedDescriptors(count: count, names: lookUp("LISTEN_FDNAMES"))
    }

    /// What is told of a payload that ended with `code`, its own exit status. `isGateway` says that it was ours and had not
    /// been ready: its statuses mean what the launcher's do.
    ///
    /// A service manager does not start again what ended with one of the launcher's final statuses
    /// (`RestartPreventExitStatus=`). That is not for a payload to decide: of those it is told 1. Without a service manager
    /// it is the payload's own.
    public func exitStatus(ofPayload code: Int32, isGateway: Bool) -> Int32 {
        let isManaged = isParent || notificationAddress != nil
        return isManaged && !isGateway && ExitCode.final.contains { $0.rawValue == code } ? 1 : code
    }

    /// The variable that names the journal's stream (systemd.exec(5)). The payload has a stream of its own instead.
    public static let journalVariable = "JOURNAL_STREAM"

    /// The variable that names the directory of a service's credentials (systemd.exec(5)).
    public static let credentialsVariable = "CREDENTIALS_DIRECTORY"

    private static func number(
        _ lookUp: (String) -> String?, _ variable: String
    ) throws(ServiceManagerError) -> Int32? {
        guard let text = lookUp(variable) else { return nil }
        guard let number = Int32(text), number >= 0 else {
            throw ServiceManagerError(variable: variable, value: text, expected: "a number")
        }
        return number
    }

    /// The variables; none of them is ever inherited by a payload.
    public static let variables = [
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
        credentialsVariable,
    ]
}

/// Descriptors that a service manager passed to a process, numbered from 3 on (sd_listen_fds(3)).
public struct PassedDescriptors: Equatable, Sendable {
    /// How many; at least one.
    public let count: Int32
    /// A name for each, or none at all ($LISTEN_FDNAMES).
    public let names: [String]

    /// SD_LISTEN_FDS_START (sd_listen_fds(3)).
    public static let first: Int32 = 3

    init(count: Int32, names: String?) throws(ServiceManagerError) {
        guard count <= Int32.max - Self.first else {
            throw ServiceManagerError(
                variable: "LISTEN_FDS", value: "\(count)", expected: "a number of open descriptors")
        }
        let split = names?.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard split == nil || split?.count == Int(count) else {
            throw ServiceManagerError(
                variable: "LISTEN_FDNAMES", value: names ?? "", expected: "\(count) names, as LISTEN_FDS=\(count) says")
        }
        self.count = count
        self.names = split ?? []
    }

    /// Their numbers.
    public var numbers: Range<Int32> { Self.first..<Self.first + count }

    /// The name of descriptor `number`; nil when it has none.
    public func name(of number: Int32) -> String? {
        let index = Int(number - Self.first)
        return names.indices.contains(index) ? names[index] : nil
    }
}

/// A variable that no service manager sets so.
public struct ServiceManagerError: Error, Equatable, Sendable {
    /// The variable's name.
    public var variable: String
    /// What it held, as it was found.
    public var value: String
    /// What it should have held.
    public var expected: String

    /// A notification socket that cannot be reached, for `reason`.
    public static func unreachable(_ address: NotificationAddress, _ reason: String) -> ServiceManagerError {
        ServiceManagerError(
            variable: "NOTIFY_SOCKET", value: address.text, expected: "a socket that takes notifications (\(reason))")
    }
}

extension ServiceManagerError: CustomStringConvertible {
    /// One sentence: what, where, what next.
    public var description: String {
        "the variable \(variable)=\(value): expected \(expected); correct it, or unset it where no service manager "
            + "started this"
    }
}
