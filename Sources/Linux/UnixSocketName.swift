import Glibc
public import SystemPackage

/// The paths that Unix sockets of this network namespace are bound to (unix(7)), as their programs gave them.
public enum UnixSocketName {
    /// The paths at which somebody takes connections or datagrams, each as it was given to bind(2); abstract names are left
    /// out (sock_diag(7); /proc/net/unix where netlink is not to be had).
    public static func listening() throws(Errno) -> [String] {
        do throws(Errno) {
            return try SocketDiagnostics.listeningUnixPaths()
        } catch {
            // A unit's RestrictAddressFamilies=, a container's filter, or a kernel without the module.
            return try listed(in: "/proc/net/unix")
        }
    }

    /// The paths in a table of proc_net(5): one line each, numbers in hexadecimal.
    static func listed(in table: String) throws(Errno) -> [String] {
        let lines = try FileSystem.read(table, limit: 64 << 20).split(separator: UInt8(ascii: "\n"))
        return lines.dropFirst().compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 7)
                .map { String(decoding: $0, as: UTF8.self) }
            // Flag 0x10000 is __SO_ACCEPTCON, type 2 SOCK_DGRAM.
            guard fields.count == 8, let flags = UInt32(fields[3], radix: 16),
                flags & 0x10000 != 0 || fields[4] == "0002", !fields[7].hasPrefix("@")
            else { return nil }
            return fields[7]
        }
    }
}
