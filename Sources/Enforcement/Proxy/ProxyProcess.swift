import Glibc
import Linux
import Policy
import SystemPackage

/// A sandbox's proxy, as its supervisor has it: a child of its own.
struct ProxyProcess {
    private let child: ChildProcess
    private let channel: Channel

    /// Starts the proxy of `plan` with its listeners, which are given up here.
    init(_ plan: ProxyPlan, _ listeners: ProxyLoop.Listeners) throws(Errno) {
        let (own, other) = try Channel.pair()
        let parent = OwnProcess.processID
        guard let child = try ChildProcess.clone([]) else { ProxyLoop.run(plan, listeners, other, parent: parent) }
        other.descriptor.discard()
        for listener in [listeners.proxy] + listeners.gateway.map(\.descriptor) { listener.discard() }
        self.child = child
        channel = own
    }

    /// Readable when it refused something, or has ended.
    var descriptor: FileDescriptor { channel.descriptor }

    /// Tells it that `listener` is the instance's own.
    func recognize(_ listener: FileDescriptor) throws(Errno) {
        let inode = try FileStatus(of: listener).inode
        try descriptor.sendDatagram([56, 48, 40, 32, 24, 16, 8, 0].map { UInt8(truncatingIfNeeded: inode >> $0) })
    }

    /// What it refused; nil once it has ended.
    func nextRefusal() throws(Errno) -> ProxyRefusal? {
        guard let message = try channel.waitForMessage() else { return nil }
        guard let refusal = ProxyRefusal(bytes: message) else { throw .badMessage }
        return refusal
    }

    /// Kills the process, with all its connections, and reaps it.
    func end() throws(Errno) {
        do throws(Errno) {
            try child.send(signal: SIGKILL)
        } catch {
            guard error == .noSuchProcess else { throw error }
        }
        _ = try child.wait()
        child.pidfd.discard()
        descriptor.discard()
    }
}
