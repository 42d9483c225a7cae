import Linux
public import Policy
public import Profiles

/// Who started the launcher, what came with it, and where the host keeps what concerns the sandboxes of that user.
public struct Caller: Sendable {
    /// The host's directories for that user.
    public let directories: HostDirectories
    /// The variables the launcher was started with.
    let environment: [EnvironmentVariable]
    /// The launcher's own file.
    let executable: AbsolutePath
    /// What a service manager told the launcher.
    let serviceManager: ServiceManager

    /// The caller of this process, whose environment and executable are given, and what a service manager told it.
    ///
    /// Throws `LaunchError.usage` for a set-user-ID launcher, whose caller would choose what root does, and
    /// `LaunchError.system` when /etc/passwd cannot be read.
    public init(
        environment: [EnvironmentVariable], executable: AbsolutePath, serviceManager: ServiceManager = ServiceManager()
    ) throws(LaunchError) {
        guard Credentials.userID == Credentials.effectiveUserID, Credentials.groupID == Credentials.effectiveGroupID
        else { throw .usage("mazelclaw-run must not be set-user-ID or set-group-ID: run chmod ug-s on it") }
        self.environment = environment
        self.executable = executable
        self.serviceManager = serviceManager
        let lookUp = { (name: String) in environment.first { $0.name == name }?.value }
        let entry = try Self.entry(ofUser: Credentials.userID)
        // $HOME before passwd(5), as the gateway's own commands and every shell have it.
        let home = (lookUp("HOME") ?? entry?.home).flatMap(AbsolutePath.init) ?? .root
        directories = HostDirectories(userID: Credentials.userID, home: home, environment: lookUp)
    }

    /// The host's profiles, as this user sees them.
    var profiles: ProfileStore { ProfileStore(directories: directories) }

    /// The policies that this user may have sandboxes made by.
    var policies: PolicyFiles { PolicyFiles(directories: directories, executable: executable) }

    /// The line of passwd(5) for the user with the ID `userID`; nil when there is none.
    static func entry(ofUser userID: UInt32) throws(LaunchError) -> UserDatabase.User? {
        do {
            return try UserDatabase.user(id: userID)
        } catch {
            throw .system(action: "read", path: "/etc/passwd", errno: error)
        }
    }

    /// The audit log of `profile`, to append to.
    public func auditLog(of profile: ProfileName) throws(LaunchError) -> AuditLog {
        do {
            return try AuditLog(of: profile, in: directories)
        } catch {
            throw .profile(error)
        }
    }

    /// Compiles the filters of the policies that came with the launcher, and for root those in /etc/mazelclaw too, and keeps
    /// them beside the policies. Returns the policies' files.
    public func compileFilters() throws(LaunchError) -> [AbsolutePath] {
        do {
            let policies = policies
            var compiled: [AbsolutePath] = []
            for policy in try policies.shared(isRoot: Credentials.userID == 0) {
                for file in try policies.seccompFiles(of: policy) where !compiled.contains(file) {
                    let isOfTools = policy.lastComponent == ToolPolicy.fileName
                    try CompiledFilters(launcher: executable, hasBroker: !isOfTools).keep(file, policies: policies)
                    compiled.append(file)
                }
            }
            return compiled
        } catch {
            throw .profile(error)
        }
    }
}
