import ArgumentParser
import Gateway
import Glibc
import Linux
import Logging
import Policy

// Nothing an instance keeps is for group or others (umask(2)).
umask(0o077)
// Before anything asks for a name: Foundation does when it looks at a file.
try NameService.useBuiltIn()
LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
exit(await Mazelclaw.run(Array(CommandLine.arguments.dropFirst())))
