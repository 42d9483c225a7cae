import ArgumentParser
import Gateway
import Glibc
import Logging
import Policy

// Nothing an instance keeps is for group or others (umask(2)).
umask(0o077)
LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
exit(await Mazelclaw.run(Array(CommandLine.arguments.dropFirst())))
