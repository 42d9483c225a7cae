#if DEBUG || BENCHMARK
    /// One layer of the isolation, which a debug build can leave out: what nobody misses then, no test tests.
    public enum Layer: String, CaseIterable, Sendable {
        /// The user ID of the profile's own: without it all profiles that root starts have one and the same.
        case ownUserID = "own-user-id"
        case userNamespace = "user-namespace"
        /// The mount namespace, with everything that is built in it.
        case mountNamespace = "mount-namespace"
        /// The PID namespace, with the /proc that shows it.
        case pidNamespace = "pid-namespace"
        case ipcNamespace = "ipc-namespace"
        /// The UTS namespace, with the host name in it.
        case utsNamespace = "uts-namespace"
        case cgroupNamespace = "cgroup-namespace"
        /// The network namespace of a profile that asks for one.
        case networkNamespace = "network-namespace"
        case nestedUserNamespace = "nested-user-namespace"
        case userNamespaceLimit = "user-namespace-limit"
        case mountPropagation = "mount-propagation"
        /// That binds and the root are read-only.
        case readOnlyMounts = "read-only-mounts"
        /// nosuid, nodev and noexec (mount(8)).
        case mountFlags = "mount-flags"
        case maskedPaths = "masked-paths"
        /// That programs and their files have other inodes than on the host.
        case ownInodes = "own-inodes"
        case readOnlyPaths = "read-only-paths"
        /// The filter, with the broker that stands on it.
        case seccomp
        case landlockFiles = "landlock-files"
        case landlockPorts = "landlock-ports"
        case landlockScopes = "landlock-scopes"
        case broker
        case capabilities
        case noNewPrivileges = "no-new-privileges"
        case undumpable
        case keyring
        case session
        case fileModeMask = "file-mode-mask"
        case descriptors
        /// That no terminal of the caller's, and no pipe that the launcher writes to, is a stream of the payload's.
        case streams
        case signals
        /// That only listed variables of the launcher's environment pass.
        case environment
        case limits
        case dieWithParent = "die-with-parent"

        var namespace: Namespace? {
            switch self {
            case .userNamespace: .user
            case .mountNamespace: .mount
            case .pidNamespace: .pid
            case .ipcNamespace: .ipc
            case .utsNamespace: .uts
            case .cgroupNamespace: .cgroup
            case .networkNamespace: .network
            default: nil
            }
        }

        /// Whether nothing but this layer needs `step`.
        func owns(_ step: Step) -> Bool {
            switch (self, step) {
            case (.userNamespace, .mapIdentity), (.utsNamespace, .setHostName), (.networkNamespace, .bringUpLoopback),
                (.nestedUserNamespace, .nestUserNamespace), (.userNamespaceLimit, .limitUserNamespaces),
                (.mountPropagation, .makeMountsPrivate), (.readOnlyMounts, .sealRoot), (.maskedPaths, .maskPath),
                (.readOnlyPaths, .makePathReadOnly), (.seccomp, .filterSystemCalls), (.seccomp, .handOverCalls),
                (.broker, .handOverCalls), (.capabilities, .dropCapabilities),
                (.noNewPrivileges, .setNoNewPrivileges), (.undumpable, .becomeUndumpable),
                (.keyring, .joinAnonymousKeyring), (.session, .startSession), (.session, .takeTerminal),
                (.fileModeMask, .setFileModeMask),
                (.descriptors, .closeDescriptors), (.streams, .relayStreams),
                (.signals, .resetSignals), (.limits, .setLimit), (.limits, .limitInNamespace),
                (.dieWithParent, .dieWithParent):
                true
            case (.pidNamespace, .mountFileSystem(let mount)): mount.source == .processes
            case (.pidNamespace, .limitUserNamespaces), (.pidNamespace, .limitInNamespace), (.pidNamespace, .maskPath),
                (.pidNamespace, .makePathReadOnly):
                true
            case (.mountNamespace, .makeMountsPrivate), (.mountNamespace, .mountRoot),
                (.mountNamespace, .makeDirectory), (.mountNamespace, .makeSymbolicLink), (.mountNamespace, .writeFile),
                (.mountNamespace, .mountFileSystem), (.mountNamespace, .bind), (.mountNamespace, .mountOverlay),
                (.mountNamespace, .mountView), (.mountNamespace, .copyFile),
                (.mountNamespace, .bindNotificationSocket), (.mountNamespace, .placeCredential),
                (.mountNamespace, .openTerminal),
                (.mountNamespace, .relayStreams),
                (.mountNamespace, .limitUserNamespaces), (.mountNamespace, .limitInNamespace),
                (.mountNamespace, .maskPath), (.mountNamespace, .makePathReadOnly), (.mountNamespace, .sealRoot),
                (.mountNamespace, .pivotRoot):
                true
            default: false
            }
        }
    }
#endif
