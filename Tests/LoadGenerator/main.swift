import Glibc

exit(LoadGenerator.run(Array(CommandLine.arguments.dropFirst())))
