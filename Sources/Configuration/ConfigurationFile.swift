public import JSON
public import Policy

/// The gateway's own configuration file, `mazelclaw.json`, found good enough to run with: everything it comes to, and its
/// sections as values.
public struct ConfigurationFile: Sendable {
    /// What stands in the files.
    public let snapshot: ConfigurationSnapshot
    /// Everything in it, with includes and variables in place.
    public let root: JSON
    /// What the sections of the file say, each with its defaults for what is not written.
    public let content: RootSection

    /// Reads the file of `instance`; nil when there is none. Throws `ConfigurationError`.
    public static func load(for instance: Instance) throws(ConfigurationError) -> ConfigurationFile? {
        let snapshot: ConfigurationSnapshot
        do {
            snapshot = try ConfigurationReader(instance).snapshot(of: instance.configurationFile.value)
        } catch {
            throw .storage(error)
        }
        return snapshot.text == nil ? nil : try ConfigurationFile(snapshot)
    }

    /// What `snapshot` says. Throws `ConfigurationError.invalid` when no gateway can run with it.
    public init(_ snapshot: ConfigurationSnapshot) throws(ConfigurationError) {
        guard snapshot.isRunnable, let root = snapshot.resolved, let content = RootSection(root) else {
            throw .invalid(snapshot.faults)
        }
        self.snapshot = snapshot
        self.root = root
        self.content = content
    }

    /// The same file, when only `root` of what it says counts. Throws `ConfigurationError.invalid`.
    package init(_ file: ConfigurationFile, saying root: JSON) throws(ConfigurationError) {
        let issues = ConfigurationValidator.issues(in: root).filter { !$0.isExcess }
        guard issues.isEmpty, let content = RootSection(root) else {
            throw .invalid(
                issues.map {
                    ConfigurationFault(
                        file: file.path, path: $0.pathText, message: $0.message, advice: $0.advice, kind: .value)
                })
        }
        snapshot = file.snapshot
        self.root = root
        self.content = content
    }

    /// Where it stands.
    public var path: AbsolutePath { snapshot.path }
    /// The section `gateway`: what the process listens on, and whom it lets in.
    public var gateway: GatewaySection { content.gateway }
    /// The section `agents`: who answers.
    public var agents: AgentsSection { content.agents }
}
