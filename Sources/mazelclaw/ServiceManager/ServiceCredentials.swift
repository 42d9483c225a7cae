import Configuration
import Gateway
import Glibc
import Linux
import Policy
import SystemPackage

/// The secrets that a service manager keeps for this gateway, which the launcher has put into the sandbox.
///
/// Each counts as a variable of the file's name: as `${NAME}` in the configuration, and as MAZELCLAW_GATEWAY_TOKEN. It is no
/// variable of the process, so no program that the gateway starts inherits it, and the file is removed, so none reads it.
enum ServiceCredentials {
    /// Reads and removes them. A file that is named otherwise than a variable is left to whoever knows it.
    ///
    /// Throws `ConfigurationError.blocked` for one that cannot be read as text, or cannot be removed.
    static func taken(from environment: [String: String]) throws(ConfigurationError) -> [String: String] {
        // Outside, the variable may be another service's, below which somebody opened a shell.
        guard environment[LauncherSandbox.mark] == "1",
            let directory = environment[ServiceManager.credentialsVariable].flatMap(AbsolutePath.init)
        else { return [:] }
        var values: [String: String] = [:]
        do throws(Errno) {
            for name in try FileSystem.entries(of: directory.text) where VariableName.isValid(name) {
                let path = (directory / name).text
                let bytes = try FileSystem.read(path, limit: ServiceCredential.limit)
                try FileSystem.unlink(path)
                guard var text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
                    throw .illegalByteSequence
                }
                // Who writes a secret into a file ends the line.
                if text.hasSuffix("\n") { text.removeLast() }
                values[name] = text
            }
        } catch {
            throw .blocked(
                "the service's credentials in \(directory) cannot be read and removed (\(error.name)); let each be "
                    + "text in UTF-8, see systemd-creds(1)")
        }
        return values
    }
}
