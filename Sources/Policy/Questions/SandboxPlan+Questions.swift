extension SandboxPlan {
    /// Whether `port` may be bound: on loopback and on every address, as they are decided differently.
    public func answers(binding port: UInt16, _ transport: Transport) -> [Answer] {
        [IPAddress.loopback4, .loopback6, .v4(0), .v6(high: 0, low: 0)].map { address in
            let place = InternetAddress(address: address, port: port)
            return answer(binding: address, port, transport, act: "bind \(place)/\(transport.rawValue)")
        }
    }

    private func answer(
        binding address: IPAddress, _ port: UInt16, _ transport: Transport, act: String
    ) -> Answer {
        guard let portRules else {
            // Without the broker only Landlock is left, which sees TCP ports and no addresses.
            guard transport == .tcp, let ports = landlockRules?.bindPorts, !ports.contains(port) else {
                return Answer(act: act, isAllowed: true, rule: "no-broker", remedy: "leave --allow-degraded out")
            }
            return Answer(
                act: act, isAllowed: false, rule: "landlock-bind",
                remedy: "add it to \"ports\": {\"bind\"} in \(policy)")
        }
        switch portRules.decide(bind: transport, to: address, port: port) {
        case .allowed(let rule): return Answer(act: act, isAllowed: true, rule: rule.rawValue)
        case .refused(let rule, let remedy):
            return Answer(act: act, isAllowed: false, rule: rule.rawValue, remedy: remedy)
        }
    }

    /// Whether TCP connections to `port` of `host` may be made. In the host's network addresses are not looked at.
    public func answer(connectingTo host: String, _ port: UInt16) -> Answer {
        let act = "connect \(host):\(port)/tcp"
        if let proxy {
            let answer = proxy.answer(connectingTo: host, port, act: act)
            if answer.isAllowed || !Self.isLoopback(host) { return answer }
        }
        guard !network.isOwn || Self.isLoopback(host) else {
            return Answer(
                act: act, isAllowed: false, rule: "network-\(network.rawValue)",
                remedy: "set \"network\": \"shared\" in the profile")
        }
        guard let ports = connectablePorts else {
            return Answer(
                act: act, isAllowed: true, rule: "no-landlock-net", remedy: "leave --allow-degraded out")
        }
        guard !ports.contains(port) else { return Answer(act: act, isAllowed: true, rule: "landlock-connect") }
        return Answer(
            act: act, isAllowed: false, rule: "landlock-connect",
            remedy: "add \(port) to \"connect\": {\"ports\"} in the profile")
    }

    /// Whether `host`, an address, in brackets or not, or a name, is loopback wherever it is looked up.
    private static func isLoopback(_ host: String) -> Bool {
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let text = isBracketed ? String(host.dropFirst().dropLast()) : host
        return text == "localhost" || IPAddress(text)?.isLoopback == true
    }

    /// What may be done with `path` inside: whether it is visible, and writable.
    public func answers(about path: AbsolutePath) -> [Answer] {
        let (read, write) = ("read \(path)", "write \(path)")
        if let masked = steps.lazy.compactMap(\.maskedPath).first(where: { $0.contains(path) }) {
            let remedy = "the kernel tells there what a payload does not need, and it stays covered"
            return [read, write].map { Answer(act: $0, isAllowed: false, rule: "masked by \(masked)", remedy: remedy) }
        }
        if let link = steps.lazy.compactMap(\.link).first(where: { $0.place.contains(path) }) {
            return answers(about: link.target / String(path.text.dropFirst(link.place.text.count)))
        }
        // The innermost of what holds the path shows it.
        var best: (place: AbsolutePath, rule: String, restrictions: MountRestrictions)?
        for step in steps {
            guard let shown = step.shown(path) else { continue }
            if best?.place.contains(shown.place) ?? true { best = shown }
        }
        guard let best else {
            let remedy =
                SensitivePaths.contain(path, home: user.home)
                ? "it holds secrets or controls of the host, and no sandbox should see it; copy what the payload needs to its "
                    + "workspace"
                : "add { \"source\": \"\(path)\" } to \"binds\" in the profile, or start with --bind-ro \(path)"
            return [
                Answer(act: read, isAllowed: false, rule: "not visible", remedy: remedy),
                Answer(act: write, isAllowed: false, rule: "not visible", remedy: remedy),
            ]
        }
        let isReadOnly =
            best.restrictions.contains(.readOnly)
            || steps.contains { if case .makePathReadOnly(let place) = $0 { place.contains(path) } else { false } }
        let rule = "\(best.rule)\(isReadOnly ? ", read-only" : "")"
        return [
            Answer(act: read, isAllowed: true, rule: rule),
            Answer(
                act: write, isAllowed: !isReadOnly, rule: rule,
                remedy: isReadOnly
                    ? "only the state directory, the workspace and binds with \"access\": \"read-write\" "
                        + "are writable" : ""),
        ]
    }

    /// The TCP ports that Landlock lets the payload connect to, ascending; nil where it holds none.
    public var connectablePorts: [UInt16]? { landlockRules?.connectPorts }

    private var landlockRules: LandlockRules? {
        for step in steps {
            if case .applyLandlock(let rules) = step { return rules }
        }
        return nil
    }
}

extension Step {
    fileprivate var maskedPath: AbsolutePath? {
        if case .maskPath(let path) = self { path } else { nil }
    }

    /// A link the step makes, and where it leads.
    fileprivate var link: (place: AbsolutePath, target: AbsolutePath)? {
        guard case .makeSymbolicLink(let place, let target) = self else { return nil }
        return (place, AbsolutePath(target) ?? place.parent / target)
    }

    /// What of `path` the step shows inside, where, and what is forbidden on it; nil when it shows nothing of it.
    fileprivate func shown(
        _ path: AbsolutePath
    ) -> (place: AbsolutePath, rule: String, restrictions: MountRestrictions)? {
        if let mount {
            guard mount.destination.contains(path) else { return nil }
            return (mount.destination, mount.rule, mount.restrictions)
        }
        guard let made, made.place == path else { return nil }
        return made
    }

    /// The file or directory that the step makes in the new root, what it is, and what is forbidden on it; nil for one that
    /// makes none which a path could name.
    private var made: (place: AbsolutePath, rule: String, restrictions: MountRestrictions)? {
        switch self {
        case .mountRoot: (.root, "the sandbox's own root", [.readOnly])
        case .makeDirectory(let path, _): (path, "a directory of the sandbox's own", [.readOnly])
        case .writeFile(let path, _): (path, "a file of the sandbox's own", [.readOnly])
        case .copyFile(let source, let path): (path, "copy of \(source)", [.readOnly])
        case .placeCredential(let credential): (credential.destination, "credential of the service manager", [])
        // A link is followed before this is asked; the socket and the terminal lie in what a mount shows.
        case .makeSymbolicLink, .bindNotificationSocket, .openTerminal, .mountFileSystem, .bind, .mountView,
            .mountOverlay, .joinControlGroup, .mapOwner, .openCredential, .becomeUser, .enterNamespaces, .dieWithParent,
            .mapIdentity, .bringUpLoopback, .openProxy, .makeMountsPrivate, .relayStreams, .limitUserNamespaces,
            .limitInNamespace, .maskPath, .makePathReadOnly, .sealRoot, .pivotRoot, .setHostName, .nestUserNamespace,
            .joinAnonymousKeyring, .setLimit, .dropCapabilities, .setNoNewPrivileges, .becomeUndumpable, .startPayload,
            .startSession, .takeTerminal, .setFileModeMask, .changeDirectory, .applyLandlock, .closeDescriptors,
            .resetSignals, .filterSystemCalls, .handOverCalls, .prove, .execute:
            nil
        }
    }
}

extension Step.Mount {
    /// What shows the place, in a few words.
    fileprivate var rule: String {
        switch self {
        case .bind(let bind): "bind of \(bind.source)"
        case .view(let view): "view of \(view.source)"
        case .overlay(let overlay): "overlay over \(overlay.directory), gone at the end"
        case .fileSystem(let mount): "mount at \(mount.destination)"
        }
    }
}
