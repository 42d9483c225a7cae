import Glibc
import Synchronization
import UnixSignals

/// Ends an onboarding that somebody interrupts.
final class Interruption: Sendable {
    private let trial = Mutex<Trial?>(nil)
    private let hasBegun = Mutex(false)

    private let hasImported = Mutex(false)

    /// What an original gateway kept has come over, and stays.
    func noteImport() { hasImported.withLock { $0 = true } }

    /// What there is when it ends early: a clause.
    var outcome: String {
        hasImported.withLock { $0 } ? "what came over stays, nothing else was saved" : "nothing was saved"
    }

    /// What has to be ended with it.
    func concerns(_ trial: Trial) { self.trial.withLock { $0 = trial } }

    /// Waits for the end of the process when that has begun.
    func pass() {
        guard hasBegun.withLock({ $0 }) else { return }
        while true { pause() }
    }

    /// Ends the process as `signal` would, without anything left behind.
    func end(_ signal: UnixSignal) {
        guard
            !hasBegun.withLock({ hasBegun in
                defer { hasBegun = true }
                return hasBegun
            })
        else { return }
        ServiceEntry.showAgain()
        trial.withLock { $0 }?.abandon()
        Output.error("\nmazelclaw: interrupted: \(outcome)")
        exit(128 + (signal == .sigint ? SIGINT : signal == .sigterm ? SIGTERM : SIGHUP))
    }
}
