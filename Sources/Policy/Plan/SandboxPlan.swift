import JSON

/// The ordered steps that will be done to a process, as plain data.
///
/// A pure function of profile, policy and host facts: `explain` prints it, a start executes this very value.
public struct SandboxPlan: Equatable, Sendable {
    /// The instance.
    public var profile: ProfileName
    /// Its ports.
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
    /// What is done, in this order.
    public var steps: [Step]

    /// The process that carries out each step.
    public var stages: [Step.Stage] {
        var stage = Step.Stage.supervisor
        return steps.map { step in
            defer {
                switch step {
                case .enterNamespaces: stage = .initProcess
                case .startPayload: stage = .payload
                default: break
                }
            }
            return stage
        }
    }

    /// The way out of a private network; nil for others.
    public var proxy: ProxyPlan? {
        for case .openProxy(let proxy) in steps { return proxy }
        return nil
    }

    /// The descriptors that are passed on to the payload.
    public var passedSockets: [PassedSocket] {
        for case .closeDescriptors(let kept) in steps { return kept }
        return []
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

    /// The hash of all that the plan does, as `sha256:` and 64 digits: of its JSON text without reasons and what is only
    /// tried, and of the filter's instructions. Two starts with one hash are restricted alike.
    public var hash: String {
        let acts = steps.compactMap { step -> JSON? in
            if case .prove = step { nil } else { .object(step.act) }
        }
        var message = json(steps: acts).serialized()
        for case .filterSystemCalls(let program) in steps { message += program.bytes }
        return "sha256:\(SHA256.hexadecimal(of: message))"
    }
}
