extension Step {
    /// What a step mounts at a place inside. The frame of the root, on which all of these stand, is none of them.
    enum Mount {
        case fileSystem(FileSystemMount)
        case bind(TreeMount)
        case view(View)
        case overlay(Overlay)

        /// The place inside.
        var destination: AbsolutePath {
            switch self {
            case .fileSystem(let mount): mount.destination
            case .bind(let bind): bind.destination
            case .view(let view): view.destination
            case .overlay(let overlay): overlay.directory
            }
        }

        /// What is forbidden on it.
        var restrictions: MountRestrictions {
            get {
                switch self {
                case .fileSystem(let mount): mount.restrictions
                case .bind(let bind): bind.restrictions
                case .view(let view): view.restrictions
                case .overlay(let overlay): overlay.restrictions
                }
            }
            set {
                switch self {
                case .fileSystem(var mount):
                    mount.restrictions = newValue
                    self = .fileSystem(mount)
                case .bind(var bind):
                    bind.restrictions = newValue
                    self = .bind(bind)
                case .view(var view):
                    view.restrictions = newValue
                    self = .view(view)
                case .overlay(var overlay):
                    overlay.restrictions = newValue
                    self = .overlay(overlay)
                }
            }
        }

        var step: Step {
            switch self {
            case .fileSystem(let mount): .mountFileSystem(mount)
            case .bind(let bind): .bind(bind)
            case .view(let view): .mountView(view)
            case .overlay(let overlay): .mountOverlay(overlay)
            }
        }
    }

    /// What the step mounts; nil for one that mounts nothing of its own.
    var mount: Mount? {
        switch self {
        case .mountFileSystem(let mount): .fileSystem(mount)
        case .bind(let bind): .bind(bind)
        case .mountView(let view): .view(view)
        case .mountOverlay(let overlay): .overlay(overlay)
        case .joinControlGroup, .mapOwner, .openCredential, .becomeUser, .enterNamespaces, .dieWithParent, .mapIdentity,
            .bringUpLoopback, .openProxy, .makeMountsPrivate, .mountRoot, .makeDirectory, .makeSymbolicLink, .writeFile,
            .copyFile, .bindNotificationSocket, .placeCredential, .openTerminal, .relayStreams, .limitUserNamespaces,
            .limitInNamespace, .maskPath, .makePathReadOnly, .sealRoot, .pivotRoot, .setHostName, .nestUserNamespace,
            .joinAnonymousKeyring, .setLimit, .dropCapabilities, .setNoNewPrivileges, .becomeUndumpable, .startPayload,
            .startSession, .takeTerminal, .setFileModeMask, .changeDirectory, .applyLandlock, .closeDescriptors,
            .resetSignals, .filterSystemCalls, .handOverCalls, .prove, .execute:
            nil
        }
    }
}
