public import JSON

/// The ordered steps that will be done to a process, as plain data.
///
/// A pure function of profile, policy and host facts: `explain` prints it, a start executes this very value.
public struct SandboxPlan: Equatable, Sendable {
    /// The profile whose instance it starts.
    public var profile: ProfileName
    /// The ports of the profile among all profiles: its CDP ports end below the next base port.
    public var ports: PortSet
    /// The directories of the host it has.
    public var trees: InstanceTrees
    /// The policy file.
    public var policy: String
    /// Which network the payload has.
    public var network: NetworkMode
    /// What the broker answers from; nil when it is given up.
    public var portRules: PortRules?
    /// The guarantees given up by name.
    public var degradations: [Degradation]
    /// Whom the payload runs as.
    public var user: UserIdentity
    /// The other profiles that run under the same user ID, by name.
    public var sharers: [ProfileName]
    /// The kind of sibling that it starts; nil for the profile's own payload.
    public var sibling: String?
    /// What is done, in this order.
    public var steps: [Step]
    /// What the payload may have started beside it.
    public var siblings: [SiblingPlan] = []

    /// What a payload shares with those of the same user ID, in one sentence; nil when there are none.
    public var sharingSentence: String? {
        guard !sharers.isEmpty else { return nil }
        let names = sharers.map { "\"\($0)\"" }.joined(separator: ", ")
        return
            "profile \"\(profile)\" shares user ID \(user.userID) with \(names): the kernel counts their epoll watches, "
            + "descriptors in flight and pipe pages together, so that one can use up what the other needs"
    }

    /// Whom the payload runs as, in one line.
    public var userLine: String {
        let owner = user.isMapped ? ", files on the disk are user \(user.owner.userID)'s" : ""
        let sharing = sharers.isEmpty ? "" : ", as the payload of \(sharers.map(\.text).joined(separator: ", ")) does"
        return "runs as user \(user.userID)\(user.isOwn ? ", which is this profile's alone" : "")\(owner)\(sharing)"
    }

    /// Whom the payload runs as, as data.
    public var userJSON: JSON {
        [
            "uid": .integer(Int64(user.userID)), "gid": .integer(Int64(user.groupID)),
            "owner": .integer(Int64(user.owner.userID)), "own": .bool(user.isOwn),
            "sharedWith": .array(sharers.map { .string($0.text) }),
        ]
    }

    /// The process that carries out each step.
    public var stages: [Step.Stage] { steps.map(\.stage) }

    /// What all processes together may use; nil when the plan limits nothing.
    public var groupLimits: ControlGroupLimits? {
        for case .joinControlGroup(let limits) in steps { return limits }
        return nil
    }

    /// Whether the supervisor itself takes steps, to become the payload's user, before it makes init.
    public var changesSupervisor: Bool {
        if case .enterNamespaces = steps.first { false } else { true }
    }

    /// The way out of a private network; nil for others.
    public var proxy: ProxyPlan? {
        for case .openProxy(let proxy) in steps { return proxy }
        return nil
    }

    /// Which of the caller's streams the payload gets others for.
    public var streams: StreamRelays {
        for case .relayStreams(let relays) in steps { return relays }
        return StreamRelays(replacesInput: false, pipes: [])
    }

    /// The descriptors that the payload has beside the standard ones.
    public var keptDescriptors: KeptDescriptors {
        for case .closeDescriptors(let kept) in steps { return kept }
        return KeptDescriptors()
    }

    /// The descriptors of a service manager's that are passed on to the payload.
    public var passedSockets: [PassedSocket] { keptDescriptors.sockets }

    /// This plan with another program to execute than it was made for, with the same variables.
    public func executing(_ program: String, _ arguments: [String]) -> SandboxPlan {
        var plan = self
        plan.steps = steps.map { step in
            guard case .execute(var command) = step else { return step }
            command.program = ByteString(program)
            command.arguments = [command.program] + arguments.map { ByteString($0) }
            return .execute(command)
        }
        return plan
    }

    /// Whether somebody who is passed on already listens where connections to `port` of `address` arrive.
    public func passesListener(on address: IPAddress, port: UInt16) -> Bool {
        for socket in passedSockets {
            if case .listener(let listener) = socket.kind, listener.port == port, listener.accepts(address) {
                return true
            }
        }
        return false
    }

    /// What is tried before the payload's program is executed.
    public var proofs: [Proof] {
        for case .prove(let proofs) in steps { return proofs }
        return []
    }

    /// The hash of all that the plan does, as `sha256:` and 64 digits: of its JSON text without reasons, what is only
    /// tried and which streams are relayed, and of the filter's instructions. Two starts with one hash are restricted
    /// alike, wherever each of them writes to.
    public var hash: String {
        let acts = steps.compactMap { step -> JSON? in
            switch step {
            case .prove, .relayStreams: nil
            // Whatever else a plan does makes another plan of it.
            default: .object(step.act)
            }
        }
        var message = json(steps: acts).serialized()
        for case .filterSystemCalls(let program) in steps { message += program.bytes }
        return "sha256:\(SHA256.hexadecimal(of: message))"
    }
}

/// A kind of sibling, and the plan by which each one of it is started.
public struct SiblingPlan: Equatable, Sendable {
    /// What may be asked for: its programs and their arguments.
    public var kind: SiblingKind
    /// The plan. Which of the kind's programs is executed, and with what arguments, is said when one is asked for.
    public var plan: SandboxPlan

    /// A kind with its plan.
    public init(kind: SiblingKind, plan: SandboxPlan) {
        self.kind = kind
        self.plan = plan
    }
}

extension SiblingPlan {
    /// The kind and its plan as data, as `explain --json` prints them.
    public var json: JSON {
        var object = plan.json.object ?? JSONObject()
        object["hash"] = .string(plan.hash)
        object["executables"] = .array(kind.executables.map { .string($0.text) })
        object["arguments"] = .array(kind.arguments.map(JSON.string))
        object["maximum"] = .integer(Int64(kind.maximum))
        return .object(object)
    }
}

extension SiblingKind {
    /// What may be asked for, in lines.
    public var summary: [String] {
        [
            "at most \(maximum) at once, when the payload asks over \(SiblingRequest.variable)",
            "programs: \(executables.map(\.text).joined(separator: ", "))",
            "arguments: \(arguments.joined(separator: " "))",
        ]
    }
}
