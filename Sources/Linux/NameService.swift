import CLinux
public import SystemPackage

/// Whom the C library asks for users, groups and hosts (nsswitch.conf(5)).
public enum NameService {
    /// Makes it read /etc itself and ask DNS, and nobody else, whatever the host's nsswitch.conf names.
    ///
    /// For a static program. Any other service is a shared object, and one that is loaded into a static program crashes
    /// it: libnss_systemd does, for the owner of a file who does not stand in /etc/passwd.
    public static func useBuiltIn() throws(Errno) {
        for (database, services) in [("passwd", "files"), ("group", "files"), ("hosts", "files dns")] {
            _ = try valueOrErrno(__nss_configure_lookup(database, services))
        }
    }
}
