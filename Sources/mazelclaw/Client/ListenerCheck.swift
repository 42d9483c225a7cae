import Configuration
import Gateway
import Linux
import Policy
import Profiles
import SystemPackage

/// Makes sure that what listens on an instance's port is that instance, before a secret is shown to it.
///
/// The registry says which instances run on which ports, and the kernel whose each socket is. Two instances of one user
/// are told apart by the registry alone: the launcher lets a payload bind no port of another profile.
struct ListenerCheck: Sendable {
    private let name: ProfileName
    /// Whose state directory it is; nil where there is nothing to compare with: inside the sandbox, whose only secrets are
    /// the instance's own, and where there is no state directory yet.
    private let owner: UInt32?
    /// The user IDs that the payload may have beside its owner's, for a profile with one of its own.
    private let payloadIDs: ClosedRange<UInt32>?
    private let others: [(name: ProfileName, holder: InstanceHolder)]

    /// A check for the instance of `context`. Throws `ProfileError` when the registry cannot be read.
    init(_ context: Context) throws {
        name = context.instance.name
        owner = context.instance.isSandboxed ? nil : context.owner?.userID
        payloadIDs = context.payloadIDs
        others = try context.neighbors.get()
    }

    /// Who is there instead.
    struct Stranger: Error {
        let port: UInt16
        let reason: String
        /// Whether it is another instance, as far as the registry tells.
        let isInstance: Bool
    }

    /// Throws `Stranger` when another instance, or another user, listens on `port` of 127.0.0.1.
    func requireOwnListener(on port: UInt16) throws(Stranger) {
        guard let owner else { return }
        if let other = others.first(where: { $0.holder.ports?.contains(port) == true }) {
            throw Stranger(
                port: port, reason: "profile \"\(other.name)\" runs on that port (\(other.holder))", isInstance: true)
        }
        let listeners: [TCPListener]
        do throws(Errno) { listeners = try TCPListener.all(on: [port...port]) } catch { throw unknown(port, error) }
        for listener in listeners where listener.isReachedByLoopback {
            try require(listener.userID, owner, port, listener.inode)
        }
    }

    /// Throws `Stranger` unless this instance's user, or root, has the other end of a connection from `peer`
    /// to `port`, both of 127.0.0.1. The other end must have answered: until it is accepted a connection is root's.
    func requireOwnConnection(to port: UInt16, from peer: UInt16) throws(Stranger) {
        guard let owner else { return }
        let user: UInt32?
        do throws(Errno) { user = try TCPConnection.userOnLoopback(port: port, peer: peer) } catch {
            throw unknown(port, error)
        }
        try require(user, owner, port, nil)
    }

    private func require(
        _ user: UInt32?, _ owner: UInt32, _ port: UInt16, _ inode: UInt64?
    ) throws(Stranger) {
        guard let user, user == owner || user == 0 || payloadIDs?.contains(user) == true else {
            let process = inode.flatMap { SocketOwner.holders(of: [$0])[$0] }
            let whose = user.map { "user \($0)" } ?? "nobody known"
            let program = process.map { " (\($0.program), PID \($0.processID))" } ?? ""
            throw Stranger(
                port: port, reason: "\(whose)\(program) listens there, and profile \"\(name)\" is user \(owner)'s",
                isInstance: false)
        }
    }

    private func unknown(_ port: UInt16, _ error: Errno) -> Stranger {
        Stranger(port: port, reason: "the kernel does not tell whose the socket is (\(error))", isInstance: false)
    }
}

extension TCPListener {
    /// Whether a connection to 127.0.0.1 may come to it: it listens there, or on every address.
    fileprivate var isReachedByLoopback: Bool {
        // One that is no address is looked at too.
        guard let place = IPAddress(bytes: address) else { return true }
        return place.unmapped == .loopback4 || place.isUnspecified
    }
}
