import CProbe
import Glibc

/// Child processes of the probe.
enum Child {
    /// What becomes of `attempt` in a child.
    static func outcome(_ attempt: () -> Outcome) -> Outcome {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return .refused(errno) }
        let child = start {
            close(ends[0])
            let report = encoded(attempt())
            _ = report.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        }
        close(ends[1])
        defer { close(ends[0]) }
        guard child != -1 else { return .refused(errno) }
        var report: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count <= 0 { break }
            report += buffer[..<count]
        }
        let status = wait(for: child)
        // The low seven bits of a wait status are the signal (wait(2)).
        return status & 0x7F == 0 ? decoded(report) : .killed(signal: status & 0x7F)
    }

    /// What becomes of `attempt` in a second thread of this process.
    static func outcomeInThread(_ attempt: @escaping () -> Outcome) -> Outcome {
        let scene = ThreadScene(attempt)
        let error = probe_in_thread(
            { context in
                guard let context else { return }
                let scene = Unmanaged<ThreadScene>.fromOpaque(context).takeUnretainedValue()
                scene.outcome = scene.attempt()
            }, Unmanaged.passUnretained(scene).toOpaque())
        return error == 0 ? scene.outcome : .refused(error)
    }

    private final class ThreadScene {
        let attempt: () -> Outcome
        var outcome = Outcome.refused(ECHILD)
        init(_ attempt: @escaping () -> Outcome) { self.attempt = attempt }
    }

    /// Starts `body` in a child that ends with it; -1 and errno when there can be none.
    static func start(_ body: () -> Void) -> Int32 {
        let child = pid_t(SystemCall.result(Int(SYS_fork), []))
        if child == 0 {
            body()
            _exit(0)
        }
        return child
    }

    /// Waits for `child` and returns its wait status.
    @discardableResult
    static func wait(for child: Int32) -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) == -1, errno == EINTR {}
        return status
    }

    private static func encoded(_ outcome: Outcome) -> [UInt8] {
        switch outcome {
        case .permitted(nil): [0]
        case .permitted(let value?): [1] + Array(value.utf8)
        case .refused(let number): [2, UInt8(truncatingIfNeeded: number)]
        case .killed(let signal): [3, UInt8(truncatingIfNeeded: signal)]
        }
    }

    private static func decoded(_ report: [UInt8]) -> Outcome {
        switch (report.first, report.dropFirst()) {
        case (0, _): .permitted()
        case (1, let text): .permitted(value: String(decoding: text, as: UTF8.self))
        case (2, let rest): .refused(rest.first.map(Int32.init) ?? EPROTO)
        case (3, let rest): .killed(signal: rest.first.map(Int32.init) ?? 0)
        default: .refused(EPROTO)
        }
    }
}
