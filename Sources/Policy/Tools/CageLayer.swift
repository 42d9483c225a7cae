#if DEBUG
    /// One layer of a tool's cage, which a debug build can leave out: what nobody misses then, no test tests.
    public enum CageLayer: String, CaseIterable, Sendable {
        case noNewPrivileges = "no-new-privileges"
        /// That root gives its capabilities up.
        case capabilities
        case landlockFiles = "landlock-files"
        case landlockPorts = "landlock-ports"
        case landlockScopes = "landlock-scopes"
        case seccomp
        case limits
        /// That only listed variables pass.
        case environment
        case descriptors
        /// That a call has a session of its own, without a terminal.
        case session
        /// That all that a call has started ends with it.
        case tree
        /// That a call ends with the gateway.
        case dieWithGateway = "die-with-gateway"
        /// That a workspace which holds what is to be kept out is refused.
        case keepOut = "keep-out"
    }
#endif
