/// Why no plan can be made.
public enum PlanError: Error, Equatable, Sendable {
    /// A guarantee the policy requires is not available on this host.
    case unavailable(guarantee: Degradation, found: String, remedy: String)
    /// What was asked for contradicts itself or the profile.
    case invalid(String)
}

extension PlanError: CustomStringConvertible {
    /// One sentence: what, where, what next.
    public var description: String {
        switch self {
        case .unavailable(let guarantee, let found, let remedy):
            "this host cannot hold the guarantee \"\(guarantee.rawValue)\": \(found); \(remedy), or give it up by "
                + "name with --allow-degraded=\(guarantee.rawValue)"
        case .invalid(let sentence): sentence
        }
    }
}
