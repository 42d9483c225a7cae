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
        /// That a sibling has its part of the state directory alone.
        case siblingPart = "sibling-part"

        /// The namespace that the layer is; nil for one that is something else.
        var namespace: Namespace? {
            switch self {
            case .userNamespace: .user
            case .mountNamespace: .mount
            case .pidNamespace: .pid
            case .ipcNamespace: .ipc
            case .utsNamespace: .uts
            case .cgroupNamespace: .cgroup
            case .networkNamespace: .network
            case .ownUserID, .nestedUserNamespace, .userNamespaceLimit, .mountPropagation, .readOnlyMounts, .mountFlags,
                .maskedPaths, .ownInodes, .readOnlyPaths, .seccomp, .landlockFiles, .landlockPorts, .landlockScopes,
                .broker, .capabilities, .noNewPrivileges, .undumpable, .keyring, .session, .fileModeMask, .descriptors,
                .streams, .signals, .environment, .limits, .dieWithParent, .siblingPart:
                nil
            }
        }
    }

    extension Step {
        /// The layers that the step is a part of: where one of them is left out, the step goes too.
        var layers: [Layer] {
            switch self {
            case .mapIdentity: [.userNamespace]
            case .bringUpLoopback: [.networkNamespace]
            case .makeMountsPrivate: [.mountNamespace, .mountPropagation]
            case .mountRoot, .makeDirectory, .makeSymbolicLink, .writeFile, .bind, .mountView, .copyFile, .mountOverlay,
                .bindNotificationSocket, .placeCredential, .openTerminal, .pivotRoot:
                [.mountNamespace]
            case .mountFileSystem(let mount):
                mount.source == .processes ? [.mountNamespace, .pidNamespace] : [.mountNamespace]
            case .relayStreams: [.mountNamespace, .streams]
            case .limitUserNamespaces: [.mountNamespace, .pidNamespace, .userNamespaceLimit]
            case .limitInNamespace: [.mountNamespace, .pidNamespace, .limits]
            case .maskPath: [.mountNamespace, .pidNamespace, .maskedPaths]
            case .makePathReadOnly: [.mountNamespace, .pidNamespace, .readOnlyPaths]
            case .sealRoot: [.mountNamespace, .readOnlyMounts]
            case .setHostName: [.utsNamespace]
            case .nestUserNamespace: [.nestedUserNamespace]
            case .joinAnonymousKeyring: [.keyring]
            case .setLimit: [.limits]
            case .dropCapabilities: [.capabilities]
            case .setNoNewPrivileges: [.noNewPrivileges]
            case .becomeUndumpable: [.undumpable]
            case .startSession, .takeTerminal: [.session]
            case .setFileModeMask: [.fileModeMask]
            case .closeDescriptors: [.descriptors]
            case .resetSignals: [.signals]
            case .filterSystemCalls: [.seccomp]
            case .handOverCalls: [.seccomp, .broker]
            case .dieWithParent: [.dieWithParent]
            // A start needs them whatever is left out. What a layer holds within one of them, `without` takes out of it.
            case .joinControlGroup, .mapOwner, .openCredential, .becomeUser, .enterNamespaces, .openProxy,
                .startPayload, .changeDirectory, .applyLandlock, .prove, .execute:
                []
            }
        }
    }
#endif
