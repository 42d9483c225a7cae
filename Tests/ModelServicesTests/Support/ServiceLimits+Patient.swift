import ModelServices
import Time

extension ServiceLimits {
    /// Limits that no test of something else runs into, however busy the machine is.
    static var patient: ServiceLimits {
        var limits = ServiceLimits()
        limits.connectTime = TimeSpan(60, .minutes)
        limits.firstByteTime = TimeSpan(60, .minutes)
        limits.idleTime = TimeSpan(60, .minutes)
        return limits
    }
}
