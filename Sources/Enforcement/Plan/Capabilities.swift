internal import CCap
internal import Glibc
internal import Linux
public import SystemPackage

/// The capability sets of this process (capabilities(7)), through libcap.
public enum Capabilities {
    /// Empties all sets of a root that still has something in them; nothing for anybody else, or for root in a sandbox.
    public static func dropThoseOfRoot() throws(Errno) {
        guard Credentials.effectiveUserID == 0, cap_get_bound(CAP_SETPCAP) == 1 else { return }
        try dropAll()
    }

    /// Empties all five sets and locks the securebits, so that not even user ID 0 regains any.
    static func dropAll() throws(Errno) {
        // The bounding set first: dropping from it needs CAP_SETPCAP, which the last call gives up.
        for capability in 0..<cap_max_bits() {
            try check(cap_drop_bound(cap_value_t(capability)))
        }
        // Not libcap's cap_reset_ambient(3): it takes a call that fails for the end of the set.
        try ProcessControl.clearAmbientCapabilities()
        try check(cap_set_secbits(UInt32(lockedBits)))
        let none = cap_init()
        defer { cap_free(UnsafeMutableRawPointer(none)) }
        try check(cap_set_proc(none))
    }

    /// NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE, each with its lock; KEEP_CAPS locked off.
    private static var lockedBits: Int32 {
        [SECURE_NOROOT, SECURE_NO_SETUID_FIXUP, SECURE_NO_CAP_AMBIENT_RAISE]
            .reduce(1 << (SECURE_KEEP_CAPS + 1)) { $0 | 1 << $1 | 1 << ($1 + 1) }
    }

    private static func check(_ result: Int32) throws(Errno) {
        guard result == 0 else { throw Errno(rawValue: Glibc.errno) }
    }
}
