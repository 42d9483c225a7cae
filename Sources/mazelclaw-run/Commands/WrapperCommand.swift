import Enforcement
import Linux
import Policy
import SystemPackage

extension Program {
    /// `wrapper`: prints a script that runs a program in the profile's sandbox, or writes it to a file.
    func writeWrapper() throws(LaunchError) -> Int32 {
        guard let command = arguments.options.start.command else {
            throw .usage(
                "wrapper needs the program to run: mazelclaw-run wrapper --profile NAME -- PROGRAM [ARGUMENT]...")
        }
        let program = command[0].bytes
        guard program.first == UInt8(ascii: "/") || !program.contains(UInt8(ascii: "/")) else {
            throw .usage(
                "\"\(command[0])\" depends on the directory it is started from, and a service is started from another; give "
                    + "the whole path")
        }
        // A profile or policy that is invalid is told now, and not to a service.
        let launch = try Launch(arguments.options, by: makeCaller(), creating: false)
        _ = try launch.seccompPolicy()
        let script = WrapperScript(
            launcher: try executable(), profile: launch.profile.name, options: arguments.words, command: command)
        guard let file = arguments.outputFile else {
            do {
                try FileDescriptor.standardOutput.writeEverything(script.bytes)
            } catch {
                throw .system(action: "write", path: "standard output", errno: error)
            }
            return 0
        }
        do {
            try FileSystem.replace(file, with: script.bytes, mode: 0o755)
        } catch {
            throw .system(action: "write", path: file, errno: error)
        }
        output.print("wrote \(file)\n")
        return 0
    }
}
