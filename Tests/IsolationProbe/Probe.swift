import CProbe
import Glibc

/// A payload that tries what a sandbox must refuse, and what it must permit.
///
///     isolation-probe [--forked] ID|GROUP|all...
///     isolation-probe --sibling STATE PORT [--forked] all    as a payload's sibling, say how it ends on descriptor 4
///     isolation-probe --without SYSCALL[&BITS]=ERRNO|kill,... COMMAND...
///                                                         play a host that lacks system calls, all of them or those
///                                                         with one of these bits in the first argument
///     isolation-probe --with-listener COMMAND...             play a host whose one seccomp listener is taken
///     isolation-probe --before SYSCALL SCRIPT COMMAND...     run a script when the command gets to a system call
///     isolation-probe --fault ROLE CALL ERRNO COMMAND...       trace a launcher, one of whose calls fails
///     isolation-probe --hold MILLISECONDS COMMAND...           trace a launcher, whose init is late to go on after exec
///     isolation-probe --bomb|--zombies N|--serve|--naive PORT    one of the larger scenes
enum Probe {
    static func main() -> Never {
        var words = CommandLine.arguments.dropFirst()
        switch words.first {
        case "--bomb": Scenes.forkBomb()
        case "--zombies": Scenes.zombies(Int(words.dropFirst().first ?? "") ?? 1000)
        case "--serve": Scenes.serve()
        case "--naive": Scenes.naiveSupervisor(port: UInt16(words.dropFirst().first ?? "") ?? 0)
        case "--before": Scenes.interrupted(Array(words.dropFirst()))
        case "--fault": Scenes.fault(Array(words.dropFirst()))
        case "--hold": Scenes.hold(Array(words.dropFirst()))
        case "--without": Scenes.without(Array(words.dropFirst()))
        case "--with-listener": Scenes.withListener(Array(words.dropFirst()))
        default: break
        }
        var table: AttemptTable?
        if words.first == "--sibling" {
            let given = Array(words.dropFirst().prefix(2))
            guard given.count == 2, let port = UInt16(given[1]), dup2(4, STDOUT_FILENO) >= 0 else { exit(2) }
            table = AttemptTable(siblingOf: given[0], basePort: port)
            words = words.dropFirst(3)
        }
        let isForked = words.first == "--forked"
        if isForked { words.removeFirst() }
        for attempt in (table ?? AttemptTable(facts: Facts())).attempts
        where words.contains(attempt.id) || words.contains(String(attempt.id.prefix(1))) || words.contains("all") {
            let outcome =
                switch (isForked, attempt.isApart) {
                case (true, _): Child.outcome { Child.outcome(attempt.run) }
                case (false, true): Child.outcome(attempt.run)
                case (false, false): attempt.run()
                }
            say(outcome.json(id: attempt.id, act: attempt.act))
        }
        exit(0)
    }

    /// Writes a line at once: a buffer would be copied into children and written again.
    static func say(_ line: String) {
        _ = write(STDOUT_FILENO, line + "\n", line.utf8.count + 1)
    }
}
