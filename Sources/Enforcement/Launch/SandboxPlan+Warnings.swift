public import Policy
import Profiles

extension SandboxPlan {
    /// What is to be said about ports of the plan that the kernel may give to an outgoing connection, as one sentence;
    /// nil when there are none, or when they are ports of the sandbox's own network.
    public var ephemeralPortWarning: String? {
        guard network != .none else { return nil }
        return EphemeralPorts.ofHost.warning(about: ports, of: profile)
    }

    /// What is to be said about a plan that nothing keeps from using all memory of the host, as one sentence; nil where
    /// something does.
    public var memoryWarning: String? {
        guard groupLimits?.memory == nil, !degradations.contains(.limits), !EnclosingMemoryLimit.isThere else {
            return nil
        }
        return
            "profile \"\(profile)\" has no limit on memory: what runs inside can use up the host's; set \"limits\": "
            + "{\"memory\": \"2g\"} in its file, or MemoryMax= in a unit"
    }
}
