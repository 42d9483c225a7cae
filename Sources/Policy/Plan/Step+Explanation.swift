public import JSON

extension Step {
    /// The step's name, and what it acts on, in one line.
    public var summary: String {
        let details = details.members.map { member in
            "\(member.name)=\(member.value.string ?? member.value.text())"
        }
        return ([name] + details).joined(separator: " ")
    }

    /// What the step does, as data.
    public var act: JSONObject { JSONObject([JSONObject.Member(name: "step", value: .string(name))] + details.members) }

    /// The name of the kernel's call, or of the subject where there are several.
    public var name: String {
        switch self {
        case .joinControlGroup: "cgroup"
        case .mapOwner: "idmap"
        case .openCredential, .placeCredential: "credential"
        case .becomeUser: "setresuid"
        case .enterNamespaces: "clone"
        case .dieWithParent: "pdeathsig"
        case .mapIdentity: "uid_map"
        case .bringUpLoopback: "loopback"
        case .openProxy: "proxy"
        case .makeMountsPrivate: "mount-private"
        case .mountRoot: "mount-root"
        case .makeDirectory: "mkdir"
        case .makeSymbolicLink: "symlink"
        case .writeFile: "write"
        case .mountFileSystem: "mount"
        case .bind: "bind"
        case .mountOverlay, .mountView: "mount"
        case .copyFile: "copy"
        case .bindNotificationSocket: "sd_notify"
        case .openTerminal: "openpty"
        case .relayStreams: "streams"
        case .limitUserNamespaces: "max_user_namespaces"
        case .limitInNamespace(let limit): limit.resource.rawValue
        case .maskPath: "mask"
        case .makePathReadOnly: "read-only"
        case .sealRoot: "seal-root"
        case .pivotRoot: "pivot_root"
        case .setHostName: "sethostname"
        case .nestUserNamespace: "nest-user-namespace"
        case .joinAnonymousKeyring: "keyctl"
        case .setLimit: "setrlimit"
        case .dropCapabilities: "capabilities"
        case .setNoNewPrivileges: "no_new_privs"
        case .becomeUndumpable: "undumpable"
        case .startPayload: "fork"
        case .startSession: "setsid"
        case .takeTerminal: "tiocsctty"
        case .setFileModeMask: "umask"
        case .changeDirectory: "chdir"
        case .applyLandlock: "landlock"
        case .closeDescriptors: "close_range"
        case .resetSignals: "signals"
        case .filterSystemCalls: "seccomp"
        case .handOverCalls: "notify"
        case .prove: "prove"
        case .execute: "execve"
        }
    }

    /// Why the step is done.
    public var reason: String {
        switch self {
        case .joinControlGroup: "what the sandbox uses is counted apart, and ends where the profile says"
        case .mapOwner: "the payload has a user ID of its own; on the disk its files stay their owner's"
        case .openCredential: "only who starts the sandbox may read what the service manager keeps"
        case .becomeUser: "the payload never runs as root"
        case .enterNamespaces(let namespaces):
            "own users, mounts, processes, IPC objects, host name and cgroup root"
                + (namespaces.contains(.network) ? ", and a network with nobody in it" : "")
        case .openProxy: "the one way out, and only to what the profile lists"
        case .bringUpLoopback: "programs inside reach each other; there is no other interface"
        case .dieWithParent: "nothing outlives the supervisor, not even its SIGKILL"
        case .mapIdentity: "one ID, the same inside and outside; setgroups is denied"
        case .makeMountsPrivate: "no mount spreads in or out"
        case .mountRoot: "a new, empty root; the host's tree is not its base"
        case .makeDirectory, .makeSymbolicLink: "the frame of the new root"
        case .writeFile(_, let content): content.isEmpty ? "a place to mount on" : "a file of the sandbox's own"
        case .mountFileSystem(let mount):
            switch mount.source {
            case .processes: "a fresh /proc shows only the sandbox's processes"
            case .terminals: "pseudo-terminals of its own"
            case .bind, .view, .copy, .temporary: "writable, bounded, gone at the end"
            }
        case .bind(let bind) where bind.isEntry: "the sibling's own part of the profile's data, and nothing else of it"
        case .bind(let bind):
            bind.restrictions.contains(.readOnly)
                ? "visible, never writable"
                : bind.restrictions.contains(.noDevices) ? "the profile's own data" : "a device every program expects"
        case .mountView: "visible, never writable; nobody sees through it who opens or locks a file outside"
        case .copyFile: "as it is now, and apart from the host's"
        case .mountOverlay: "writable, bounded, gone at the end; the host's own is only read"
        case .bindNotificationSocket: "the service manager hears the payload through the supervisor"
        case .placeCredential: "a secret from the service manager, for the payload alone and gone at the end"
        case .openTerminal: "a terminal of the sandbox's own; the caller's is open nowhere inside"
        case .relayStreams: "the caller's terminal stays outside, and so does where the launcher itself writes"
        case .limitUserNamespaces: "nested user namespaces are the usual way to kernel bugs"
        case .limitInNamespace: "one instance cannot use up what the kernel counts for the whole user"
        case .maskPath: "says more of the host than a payload needs"
        case .makePathReadOnly: "settings of the kernel stay as they are"
        case .sealRoot: "nothing can be added to the root"
        case .pivotRoot: "the host's tree is gone from the namespace"
        case .setHostName: "the host's own name stays outside"
        case .nestUserNamespace: "the mounts belong to a namespace the payload is not in"
        case .joinAnonymousKeyring: "the host's keys stay outside"
        case .setLimit: "one instance cannot exhaust the host"
        case .dropCapabilities: "all five sets empty, securebits locked"
        case .setNoNewPrivileges: "no exec grants anything"
        case .becomeUndumpable: "init cannot be traced from inside, nor its command line read"
        case .startPayload: "init stays behind as PID 1 and reaps"
        case .startSession: "no controlling terminal to push input into"
        case .takeTerminal: "signals of its keys and job control are for this session"
        case .setFileModeMask: "what the payload makes is its user's alone"
        case .changeDirectory: "the launcher's own directory is not visible inside"
        case .applyLandlock: "files as mounted, only the assigned TCP ports, sockets and signals kept inside"
        case .closeDescriptors(let kept):
            "a leaked descriptor would reach around everything above"
                + (kept.sockets.isEmpty ? "" : "; listeners on own ports are passed on")
                + (kept.siblings == nil ? "" : "; a socket asks for siblings")
                + (kept.pipes.isEmpty ? "" : "; pipes lead to who asked for it")
        case .resetSignals: "ignored signals would stay ignored across exec"
        case .filterSystemCalls: "only the calls the policy names"
        case .handOverCalls: "the supervisor answers bind and listen, by port and address"
        case .prove: "a start that cannot show its guarantees does not happen"
        case .execute: "the payload"
        }
    }

    private var details: JSONObject {
        switch self {
        case .joinControlGroup(let limits):
            JSONObject(limits.settings.map { JSONObject.Member(name: $0.file, value: .string($0.value)) })
        case .mapOwner(let tree):
            [
                "source": tree.source.json, "owner": .integer(Int64(tree.owner.userID)),
                "uid": .integer(Int64(tree.user.userID)),
            ]
        case .openCredential(let credential): ["source": credential.source.json]
        case .placeCredential(let credential): ["path": credential.destination.json]
        case .becomeUser(let userID, let groupID), .mapIdentity(let userID, let groupID),
            .nestUserNamespace(let userID, let groupID):
            ["uid": .integer(Int64(userID)), "gid": .integer(Int64(groupID))]
        case .enterNamespaces(let namespaces): ["namespaces": .array(namespaces.map { .string($0.rawValue) })]
        case .mountRoot(let bytes): ["type": "tmpfs", "size": .integer(Int64(bytes))]
        case .makeDirectory(let path, let mode): ["path": path.json, "mode": .string(mode.octal)]
        case .makeSymbolicLink(let path, let target): ["path": path.json, "target": .string(target)]
        case .writeFile(let path, let content):
            ["path": path.json, "bytes": .integer(Int64(content.utf8.count))]
        case .mountFileSystem(let mount): mount.details
        case .bind(let bind):
            ["source": bind.source.json, "destination": bind.destination.json, "options": bind.restrictions.json]
        case .mountView(let view):
            [
                "type": "overlay", "lowerdir": view.source.json, "destination": view.destination.json,
                "options": view.restrictions.json,
            ]
        case .copyFile(let source, let destination): ["source": source.json, "destination": destination.json]
        case .mountOverlay(let overlay):
            [
                "type": "overlay", "lowerdir": overlay.directory.json, "size": .integer(Int64(clamping: overlay.bytes)),
                "destination": overlay.directory.json, "options": overlay.restrictions.json,
            ]
        case .limitUserNamespaces(let maximum): ["maximum": .integer(Int64(maximum))]
        case .limitInNamespace(let limit): ["maximum": .integer(limit.maximum)]
        case .maskPath(let path), .makePathReadOnly(let path), .changeDirectory(let path),
            .bindNotificationSocket(let path), .openTerminal(let path):
            ["path": path.json]
        case .relayStreams(let relays): relays.details
        case .openProxy(let proxy):
            proxy.details
        case .setHostName(let name): ["name": .string(name)]
        case .setLimit(let limit):
            [
                "resource": .string(limit.resource.rawValue), "soft": .integer(Int64(clamping: limit.soft)),
                "hard": .integer(Int64(clamping: limit.hard)),
            ]
        case .setFileModeMask(let mask): ["mask": .string(mask.octal)]
        case .applyLandlock(let rules): rules.details
        case .closeDescriptors(let kept): kept.details
        case .filterSystemCalls(let program):
            ["file": .string(program.file), "instructions": .integer(Int64(program.bytes.count / 8))]
        case .prove(let proofs): ["acts": .array(proofs.map { .string($0.guarantee) })]
        case .execute(let command):
            [
                "arguments": .array(command.arguments.map { .string($0.description) }),
                "environment": .array(command.environment.map { .string($0.name) }),
            ]
        case .dieWithParent, .bringUpLoopback, .makeMountsPrivate, .sealRoot, .pivotRoot, .joinAnonymousKeyring,
            .dropCapabilities, .setNoNewPrivileges, .becomeUndumpable, .startPayload, .startSession, .takeTerminal,
            .resetSignals,
            .handOverCalls:
            [:]
        }
    }
}

extension TreeMount {
    fileprivate var isEntry: Bool { if case .entry = expectation { true } else { false } }
}

extension KeptDescriptors {
    fileprivate var details: JSONObject {
        guard !numbers.isEmpty else { return [:] }
        var kept = sockets.map(\.json)
        if let siblings { kept.append(["descriptor": .integer(Int64(siblings)), "socket": "for siblings"]) }
        for pipe in pipes { kept.append(["descriptor": .integer(Int64(pipe)), "pipe": "of who asked"]) }
        return ["keep": .array(kept)]
    }
}

extension ProxyPlan {
    fileprivate var details: JSONObject {
        var object: JSONObject = ["port": .integer(Int64(port))]
        object["gateway"] = gatewayPort.map { .integer(Int64($0)) }
        object["egress"] = .array(egress.rules.map { .string("\($0)") })
        return object
    }
}

extension FileSystemMount {
    fileprivate var details: JSONObject {
        var object: JSONObject = [:]
        switch source {
        case .bind(let path), .view(let path), .copy(let path): object["source"] = path.json
        case .temporary(let bytes, let mode):
            object["type"] = "tmpfs"
            object["size"] = .integer(Int64(clamping: bytes))
            object["mode"] = .string(mode.octal)
        case .processes: object["type"] = "proc"
        case .terminals(let maximum):
            object["type"] = "devpts"
            object["max"] = maximum.map { .integer(Int64($0)) }
        }
        object["destination"] = destination.json
        object["options"] = restrictions.json
        return object
    }
}

extension StreamRelays {
    fileprivate var details: JSONObject {
        var object: JSONObject = [:]
        if replacesInput { object["input"] = "/dev/null" }
        let names = ["input", "output", "error"]
        if !pipes.isEmpty {
            object["relayed"] = .array(
                pipes.map { pipe in .string(pipe.map { names[Int($0)] }.joined(separator: "+")) })
        }
        return object
    }
}

extension LandlockRules {
    fileprivate var details: JSONObject {
        var object: JSONObject = ["abi": .integer(Int64(abi))]
        object["files"] = .array(
            files.map { rule in
                [
                    "path": rule.path.json,
                    "access": .array(
                        Access.named.compactMap { rule.access.contains($0.access) ? .string($0.name) : nil }),
                ]
            })
        object["bind"] = bindPorts.map { .string(PortRanges.text($0)) }
        object["connect"] = connectPorts.map { .string(PortRanges.text($0)) }
        object["scoped"] = .array(scopes.map { .string($0.rawValue) })
        return object
    }
}

extension SandboxPlan {
    /// The whole plan as data: what `explain --json` prints.
    public var json: JSON {
        json(
            steps: zip(steps, stages).map { step, stage in
                var object = step.act
                object["reason"] = .string(step.reason)
                object["stage"] = .string(stage.rawValue)
                return .object(object)
            })
    }

    /// The plan as data, with its steps as given.
    func json(steps: [JSON]) -> JSON {
        var object: JSONObject = [
            "profile": .string(profile.text), "policy": .string(policy), "network": .string(network.rawValue),
            "ports": [
                "gateway": .integer(Int64(ports.gateway)), "control": .integer(Int64(ports.control)),
                "cdp": .string(PortRanges.text(ports.allCDP)),
            ],
            "broker": portRules?.json ?? .null,
            "degraded": .array(degradations.map { .string($0.rawValue) }),
            "steps": .array(steps),
        ]
        object["sibling"] = sibling.map(JSON.string)
        return .object(object)
    }
}

extension AbsolutePath {
    fileprivate var json: JSON { .string(text) }
}

extension UInt32 {
    fileprivate var octal: String { self < 8 ? "0\(self)" : (self >> 3).octal + "\(self & 7)" }
}

extension MountRestrictions {
    fileprivate var json: JSON {
        .array(Self.named.compactMap { contains($0.restriction) ? .string($0.name) : nil })
    }
}
