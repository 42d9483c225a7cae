extension Step {
    /// The process that carries a step out.
    public enum Stage: String, Sendable {
        case supervisor
        case initProcess = "init"
        case payload
    }

    /// The process that carries the step out. The last step of the supervisor makes init, and the last step of init makes
    /// the payload's process.
    public var stage: Stage {
        switch self {
        case .joinControlGroup, .mapOwner, .openCredential, .becomeUser, .enterNamespaces: .supervisor
        case .dieWithParent, .mapIdentity, .bringUpLoopback, .openProxy, .makeMountsPrivate, .mountRoot, .makeDirectory,
            .makeSymbolicLink, .writeFile, .mountFileSystem, .bind, .mountView, .copyFile, .mountOverlay,
            .bindNotificationSocket, .placeCredential, .openTerminal, .relayStreams, .limitUserNamespaces,
            .limitInNamespace, .maskPath, .makePathReadOnly, .sealRoot, .pivotRoot, .setHostName, .nestUserNamespace,
            .joinAnonymousKeyring, .setLimit, .dropCapabilities, .setNoNewPrivileges, .becomeUndumpable, .startPayload:
            .initProcess
        case .startSession, .takeTerminal, .setFileModeMask, .changeDirectory, .applyLandlock, .closeDescriptors,
            .resetSignals, .filterSystemCalls, .handOverCalls, .prove, .execute:
            .payload
        }
    }
}
