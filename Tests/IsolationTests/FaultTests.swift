import CProbe
import Foundation
import Glibc
import JSON
import Testing

/// L: each system call of a start fails in turn, or its process is killed there.
///
/// A start has more than a thousand. By default every seventeenth is tried; `MAZELCLAW_FAULTS=all` tries every one
/// (`make faults`).
@Suite struct FaultTests {
    /// A process of a start (Tests/CProbe/include/CProbe.h).
    enum Role: Int, CaseIterable, CustomTestStringConvertible {
        case supervisor, initProcess, payload
        var testDescription: String { "\(self)" }
    }

    /// What became of a start with a fault.
    private struct Report {
        let code: Int32?
        let signal: Int32?
        let calls: Int
        let callsBeforeMain: Int
        /// The number of the call that failed; nil when none did.
        let failed: Int?
        let wasExecuted: Bool
        let ran: Bool
        let isHanging: Bool
        let isLeftBehind: Bool
        let sentences: [Substring]
        /// Of init and of the payload's process.
        let signalsInside: [Int]

        /// Whether a call came before the launcher's own first one, which may never have come.
        func isBeforeMain(_ call: Int) -> Bool { callsBeforeMain == 0 || call <= callsBeforeMain }

        init(_ end: Running.Ended) throws {
            let lines = end.output.split(separator: "\n")
            let json = try JSON(parsing: Array((lines.last ?? "").utf8))
            func number(_ name: String) -> Int { Int(json[name]?.integer ?? -1) }
            let status = Int32(number("status"))
            signal = status & 0x7F == 0 ? nil : status & 0x7F
            code = status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
            calls = number("calls")
            callsBeforeMain = number("before")
            failed = number("number") < 0 ? nil : number("number")
            wasExecuted = json["executed"]?.bool == true
            ran = lines.contains("ran")
            isHanging = json["hanging"]?.bool != false
            isLeftBehind = json["left"]?.bool != false
            sentences = end.sentences
            signalsInside = (json["signals"]?.array ?? []).dropFirst().map { Int($0.integer ?? -1) }
        }
    }

    private static let errors = [ENOMEM, EPERM, EIO, ENOSPC]
    /// The codes of a start of which no payload ran (README.md, Exit status).
    private static let codes: [Int32] = [69, 125, 126, 127]
    private static let triesAll = ProcessInfo.processInfo.environment["MAZELCLAW_FAULTS"] == "all"

    /// The calls to try, of `count`: all, or some from another first one in each test. Inside the sandbox a start by root is
    /// like any other, and every seventh does.
    private static func calls(_ count: Int, _ role: Role, _ starting: Starting, from first: Int) -> [Int] {
        let step = triesAll ? (starting == .root && role != .supervisor ? 7 : 1) : 17
        return Array(stride(from: 1 + first % step, through: count, by: step))
    }

    /// A start of which call `call` of `role` fails with `error`, or is its process's last when that is 0.
    private func start(
        _ host: Host, _ role: Role, call: Int, error: Int32, _ status: String? = nil, _ more: [String] = []
    ) throws -> Report {
        var options = Host.Options()
        options.more = more
        options.wrapper = [host.stage.probe, "--fault", "\(role.rawValue)", "\(call)", "\(error)"]
        if let status {
            options.setup.descriptors[3] = status
            options.setup.written.insert(3)
            options.more += ["--status-fd", "3"]
        }
        return try Report(host.run(["sh", "-c", "echo ran"], options))
    }

    /// A host on which a start has made what stays.
    private func makeHost(_ starting: Starting) throws -> Host {
        let host = try Host(starting)
        try expectStart(host)
        return host
    }

    private func expectStart(_ host: Host, _ place: Comment = "a plain start") throws {
        let end = try host.run(["true"])
        #expect(end.code == 0, "\(place): \(end.sentences)")
    }

    private func mounts() -> String? { Files.read("/proc/self/mountinfo") }

    @Test(arguments: Role.allCases, Starting.available)
    func `a call that fails ends the start with a code of its own, or does not matter`(
        role: Role, starting: Starting
    ) throws {
        let host = try makeHost(starting)
        let count = try start(host, role, call: 0, error: 0).calls
        #expect(count > 300)
        let (before, mounts) = (Files.listing(host.root, leavingOut: Files.isRecord), mounts())
        for call in Self.calls(count, role, starting, from: role.rawValue * 5) {
            let error = Self.errors[call / 3 % Self.errors.count]
            let status = Self.status(host, role, call)
            let report = try start(host, role, call: call, error: error, status)
            let place = Comment("\(role), call \(call), number \(report.failed ?? -1), error \(error): \(report)")
            #expect(!report.isHanging && !report.isLeftBehind, place)
            try expectEnd(report, call: call, role: role, status: status, place)
            #expect(Files.listing(host.root, leavingOut: Files.isRecord) == before, place)
            try? FileManager.default.removeItem(atPath: status)
        }
        #expect(self.mounts() == mounts)
        try expectStart(host)
    }

    private static func status(_ host: Host, _ role: Role, _ call: Int) -> String {
        "\(host.root)/output/\(role)-\(call).status"
    }

    /// A program is executed only once the supervisor has told that all holds. What it could not write it has not told.
    private func expectProof(_ report: Report, status: String, _ place: Comment) throws {
        guard report.wasExecuted else { return }
        let proof = try Host.events(status).first { $0["event"]?.string == "proof" }
        #expect(report.failed == Int(SYS_write) || proof != nil, place)
        #expect(proof?["results"]?.array?.allSatisfy { $0["holds"]?.bool == true } != false, place)
    }

    private func expectEnd(_ report: Report, call: Int, role: Role, status: String, _ place: Comment) throws {
        try expectProof(report, status: status, place)
        guard !report.ran else {
            // The supervisor ends the payload when it cannot go on itself.
            #expect(report.code == 0 || report.code == 125 && role == .supervisor, place)
            return
        }
        // Before the launcher's own first call the C library and Swift's runtime end it in their ways.
        if role == .supervisor, report.isBeforeMain(call) {
            #expect(!report.wasExecuted && report.code != 0, place)
            return
        }
        #expect(report.signal == nil && report.signalsInside.allSatisfy { [0, Int(SIGKILL)].contains($0) }, place)
        #expect(Self.codes.contains(report.code ?? -1), place)
        #expect(!report.wasExecuted || role == .supervisor, place)
        #expect(report.sentences.count == 1 || report.failed == Int(SYS_write), place)
    }

    @Test(arguments: Role.allCases, Starting.available)
    func `a process killed at a call leaves nothing, and the next start works`(role: Role, starting: Starting) throws {
        let host = try makeHost(starting)
        let count = try start(host, role, call: 0, error: 0).calls
        let (before, mounts) = (Files.listing(host.root, leavingOut: Files.isRecord), mounts())
        for call in Self.calls(count, role, starting, from: role.rawValue * 5 + 8) {
            let status = Self.status(host, role, call)
            let report = try start(host, role, call: call, error: 0, status)
            let place = Comment("\(role) killed at call \(call), number \(report.failed ?? -1): \(report)")
            #expect(!report.isHanging && !report.isLeftBehind, place)
            if report.failed != nil {
                try expectProof(report, status: status, place)
                #expect(!report.wasExecuted || role == .supervisor, place)
                if role == .supervisor {
                    #expect(report.signal == SIGKILL, place)
                } else {
                    #expect(report.code == 125 || report.code == 128 + SIGKILL, place)
                    // Once all is proved, the program's end and its process's look the same.
                    let hasProof = try Host.events(status).contains { $0["event"]?.string == "proof" }
                    let isProved = hasProof || [Int(SYS_execve), Int(SYS_recvmsg)].contains(report.failed)
                    #expect(report.sentences.count == 1 || isProved, place)
                }
            }
            #expect(Files.listing(host.root, leavingOut: Files.isRecord) == before, place)
            try expectStart(host, place)
            try? FileManager.default.removeItem(atPath: status)
        }
        #expect(self.mounts() == mounts)
    }

    @Test(arguments: Starting.available)
    func `a start with an overlay that fails leaves the workspace as it was`(starting: Starting) throws {
        let host = try makeHost(starting)
        let more = ["--workspace-overlay", "1m"]
        let count = try start(host, .initProcess, call: 0, error: 0, nil, more).calls
        let before = Files.listing(host.root, leavingOut: Files.isRecord)
        #expect(before.contains { $0.contains("/workspace-p ") })
        for call in Self.calls(count, .initProcess, starting, from: 2) {
            let error = Self.errors[call / 3 % Self.errors.count]
            let report = try start(host, .initProcess, call: call, error: error, nil, more)
            let place = Comment("call \(call), number \(report.failed ?? -1), error \(error): \(report)")
            #expect(!report.isHanging && !report.isLeftBehind, place)
            #expect(report.ran ? report.code == 0 : Self.codes.contains(report.code ?? -1), place)
            #expect(report.ran || report.sentences.count == 1, place)
            #expect(Files.listing(host.root, leavingOut: Files.isRecord) == before, place)
        }
    }

    @Test(arguments: Starting.available)
    func `a filter that cannot be compiled now is no fault of its policy`(starting: Starting) throws {
        let host = try makeHost(starting)
        let more = ["--policy", try host.policyToCompile()]
        let report = try start(host, .supervisor, call: -Int(SYS_memfd_create), error: EIO, nil, more)
        #expect(report.failed == Int(SYS_memfd_create))
        #expect(report.code == 125 && !report.wasExecuted && report.sentences.count == 1, "\(report)")
        #expect(report.sentences.first?.contains("seccomp_export_bpf") == true, "\(report)")
        #expect(report.sentences.first?.contains("EIO") == true, "\(report)")
        try expectStart(host)
    }

    /// What becomes of the calls of a first start.
    enum Fault: CaseIterable { case fails, isNotSupported, kills }

    @Test(arguments: Starting.available, Fault.allCases)
    func `a first start that fails leaves nothing that is in the way of the second`(
        starting: Starting, fault: Fault
    ) throws {
        let host = try Host(starting)
        let directories = ["config", "state"].map { "\(host.root)/\($0)/mazelclaw" }
        func clean() {
            for directory in directories + [host.stateDirectory()] {
                try? FileManager.default.removeItem(atPath: directory)
            }
        }
        let count = try start(host, .supervisor, call: 0, error: 0).calls
        #expect(count > 300)
        let complete = Files.listing(host.root, leavingOut: Files.isRecord)
        for call in Self.calls(count, .supervisor, starting, from: 3) {
            clean()
            let error =
                switch fault {
                case .fails: Self.errors[call / 3 % Self.errors.count]
                // As of a file system that has no files without a name (O_TMPFILE, open(2)).
                case .isNotSupported: EOPNOTSUPP
                case .kills: 0 as Int32
                }
            let report = try start(host, .supervisor, call: call, error: error)
            let place = Comment("call \(call), number \(report.failed ?? -1), error \(error): \(report)")
            #expect(!report.isHanging && !report.isLeftBehind, place)
            if fault != .kills {
                #expect(report.signal == nil || report.isBeforeMain(call), place)
                let names = Files.listing(host.root, leavingOut: Files.isRecord)
                #expect(Set(names).isSubset(of: complete), place)
            }
            try expectStart(host, place)
            #expect(Files.listing(host.root, leavingOut: Files.isRecord) == complete, place)
        }
    }
}
