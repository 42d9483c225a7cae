public import Policy
public import SystemPackage

/// Why a policy did not become a program.
public enum FilterError: Error, Sendable {
    /// The policy cannot be carried out as it is written.
    case policy(PolicyError)
    /// A call of libseccomp failed, whatever the policy says.
    case library(call: String, errno: Errno)
}
