import ArgumentParser
import Gateway
import GatewayServer
import Glibc
import Linux
import Logging
import Policy
import SystemPackage

// Nothing an instance keeps is for group or others (umask(2)).
umask(0o077)
// Before any program is started: it is for this one alone.
SiblingSocket.claim()
// Before anything asks for a name: Foundation does when it looks at a file.
try NameService.useBuiltIn()
LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
let arguments = Array(CommandLine.arguments.dropFirst())
// Dispatch traps where it cannot watch anything, and is about to set that up for the first task.
TrapGuard.begin()
do throws(Errno) {
    try EventResources.check(count: 4)
} catch {
    Output.error("mazelclaw: \(ServerError.scarcity(errno: error.rawValue))")
    exit(ExitCode.isolation.rawValue)
}
Task.detached { exit(await Mazelclaw.run(arguments)) }
// An asynchronous main would end this thread by pthread_exit(3) where it first waits, and go on once that is done: in a
// static program it begins by sorting the unwind tables of everything, longer than all the rest of a start takes.
while true { pause() }
