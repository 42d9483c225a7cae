import Glibc
import Linux
import Policy
import Synchronization
import SystemPackage

/// The socket by which the launcher's supervisor is asked for siblings.
enum SiblingSocket {
    private static let descriptor = Mutex<FileDescriptor?>(nil)

    /// Takes the socket that this process inherited, so that no program it starts inherits it or hears of it. To be called
    /// before there is another thread.
    static func claim() {
        guard let text = OwnProcess.variable(SiblingRequest.variable) else { return }
        unsetenv(SiblingRequest.variable)
        guard let number = Int32(text), number > 2 else { return }
        let socket = FileDescriptor(rawValue: number)
        guard Channel.isEnd(socket) else { return }
        do throws(Errno) {
            try socket.setCloseOnExec(true)
            descriptor.withLock { $0 = socket }
        } catch {
            // It is none: there is nobody to ask.
        }
    }

    /// The socket, where there is one.
    static var inherited: Channel? { descriptor.withLock { $0.map(Channel.init(descriptor:)) } }
}
