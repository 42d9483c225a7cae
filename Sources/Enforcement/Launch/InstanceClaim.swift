import Linux
public import Policy
public import Profiles
import SystemPackage

/// What makes a start the only one of its instance: the lock, the ports and the directories, which no other may have while
/// it runs.
public struct InstanceClaim {
    private let plan: SandboxPlan
    private let caller: Caller

    /// What `plan` needs for itself.
    public init(of plan: SandboxPlan, by caller: Caller) {
        self.plan = plan
        self.caller = caller
    }

    /// Takes the instance's lock, its ports and its directories, and makes its passed sockets listen. Then makes sure that no
    /// stranger listens on a port, unless that is left to `checkPorts`.
    ///
    /// Throws `LaunchError.held`, `.portTaken` or `.directoryTaken` when another instance that runs has it, `.portInUse` for
    /// a stranger, and `.deadListener` for a passed socket that cannot be made to listen.
    public func take(checkingPorts: Bool = true) throws(LaunchError) -> InstanceLock {
        let outcome: InstanceRegistry.Outcome
        do {
            outcome = try InstanceRegistry(directories: caller.directories)
                .claim(plan.profile, ports: plan.ports, trees: plan.trees)
        } catch {
            throw .profile(error)
        }
        switch outcome {
        case .claimed(let lock):
            do {
                if checkingPorts { try checkPorts() }
                try revivePassedSockets()
            } catch {
                lock.descriptor.discard()
                throw error
            }
            return lock
        case .held(let holder): throw .held(plan.profile, by: holder)
        case .portTaken(let port, let other, let holder): throw .portTaken(port, of: other, by: holder)
        case .directoryTaken(let path, let theirs, let other, let holder):
            throw .directoryTaken(path, theirs: theirs, of: other, by: holder)
        }
    }

    /// Makes sure that `caller` could write down that an instance runs, and changes nothing.
    static func checkRegistry(of caller: Caller) throws(LaunchError) {
        do {
            try InstanceRegistry(directories: caller.directories).check()
        } catch {
            throw .profile(error)
        }
    }

    /// Throws `LaunchError.portInUse` for a port that somebody listens on, at whatever address: who connects to it by name
    /// must find us. What is passed on to the payload is the instance's own.
    public func checkPorts() throws(LaunchError) {
        // What others do with these ports in the host's network concerns nobody in one that has no listener there.
        guard plan.network != .none else { return }
        let ports = plan.ports
        // A passed socket whose inode cannot be read is taken for a stranger's, which refuses the start.
        let own = plan.passedSockets.compactMap { try? FileStatus(of: FileDescriptor(rawValue: $0.descriptor)).inode }
        let listeners: [TCPListener]
        do throws(Errno) {
            listeners = try TCPListener.all(
                on: ports.uses.map(\.range) + (plan.proxy.map { [$0.port...$0.port] } ?? []))
        } catch {
            throw .listenersUnknown(error)
        }
        if let listener = listeners.first(where: { !own.contains($0.inode) }) {
            throw .portInUse(
                listener.port, by: SocketOwner.holders(of: [listener.inode])[listener.inode], ofUser: listener.userID)
        }
        // Somebody may have bound one and not listen yet.
        for port in [ports.gateway, ports.control] where try isTaken(port) {
            throw .portInUse(port, by: nil, ofUser: nil)
        }
    }

    private func isTaken(_ port: UInt16) throws(LaunchError) -> Bool {
        do throws(Errno) {
            return try !TCPPort.isFree(
                port, ipv4: !plan.passesListener(on: .loopback4, port: port),
                ipv6: !plan.passesListener(on: .loopback6, port: port))
        } catch {
            throw .portUntried(port, error)
        }
    }

    /// Makes what was passed listen, where a payload before this one has ended that.
    private func revivePassedSockets() throws(LaunchError) {
        for socket in plan.passedSockets {
            do throws(Errno) {
                try socket.revive()
            } catch {
                throw .deadListener(socket, error)
            }
        }
    }
}
