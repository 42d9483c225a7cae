import Linux

/// Somebody who is no instance of this user's listens on the gateway's port.
struct PortInUse: Error, CustomStringConvertible {
    let port: UInt16
    let address: String

    var description: String {
        "port \(port) is already in use on \(address)\(holder.map { " by \($0)" } ?? ""); stop what listens there, or choose "
            + "another port"
    }

    /// Who listens, as far as the kernel tells.
    private var holder: String? {
        guard let listener = try? TCPListener.all(on: [port...port]).first else { return nil }
        let user = listener.userID.map { UserDatabase.text(ofUser: $0) }
        guard let owner = SocketOwner.holders(of: [listener.inode])[listener.inode] else {
            return user.map { "a process of \($0)" }
        }
        return "PID \(owner.processID) (\(owner.program))" + (user.map { " of \($0)" } ?? "")
    }
}
