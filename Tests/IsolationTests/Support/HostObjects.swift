import CProbe
import Glibc

/// Abstract sockets and a shared memory segment of the host, which nothing inside may reach.
final class HostObjects {
    let socketName = "mazelclaw-isolation-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    let memoryKey = Int(Int32.random(in: 1...Int32.max))
    private let sockets: [Int32]
    private let memory: Int

    init() throws {
        sockets = [(SOCK_STREAM, ""), (SOCK_DGRAM, "-datagrams")].map { [socketName] type, suffix in
            let socket = socket(AF_UNIX, Int32(type.rawValue) | 0o2000000, 0)
            // sockaddr_un (unix(7)): the family, a zero byte, the name.
            let address: [UInt8] = [1, 0, 0] + Array((socketName + suffix).utf8)
            address.withUnsafeBytes {
                _ = probe_syscall(Int(SYS_bind), Int(socket), Int(bitPattern: $0.baseAddress), address.count, 0, 0, 0)
            }
            listen(socket, 8)
            return socket
        }
        memory = probe_syscall(Int(SYS_shmget), memoryKey, 4096, 0o1666, 0, 0, 0)
        guard memory >= 0, sockets.allSatisfy({ $0 >= 0 }) else { throw Files.Failure(path: socketName, errno: errno) }
    }

    deinit {
        for socket in sockets { close(socket) }
        // IPC_RMID is 0 (shmctl(2)).
        _ = probe_syscall(Int(SYS_shmctl), memory, 0, 0, 0, 0, 0)
    }
}
