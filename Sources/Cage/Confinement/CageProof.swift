import Enforcement
import Glibc
import Linux
import Policy
import SystemPackage

/// Tries, inside, what a cage forbids. What should fail and succeeds ends the call.
struct CageProof {
    let cage: Cage

    /// What is tried while sockets can still be made.
    func proveLandlock() throws(CageError) {
        guard cage.mutation.keepsProofs else { return }
        try expect(.permissionDenied, "no file outside of the cage is visible") { () throws(Errno) in
            try FileDescriptor.workingDirectory.open("/", flags: O_RDONLY | OpenFlag.directory).discard()
        }
        for place in cage.keptOut {
            try expect(.permissionDenied, "what is to be kept out cannot be listed") { () throws(Errno) in
                try place.open(".", flags: O_RDONLY | OpenFlag.directory).discard()
            }
        }
        if !cage.kind.writesWorkspace {
            try expect(.permissionDenied, "the workspace can only be read") { () throws(Errno) in
                let name = ".mazelclaw-\(getpid())"
                try FileSystem.makeDirectory(name, in: cage.workspace, mode: 0o700)
                try FileSystem.removeDirectory(name, in: cage.workspace)
            }
        }
        // Nobody is asked: Landlock decides before the kernel looks for the port. Port 1 is in no kind's list.
        try expect(.permissionDenied, "no TCP port can be connected to that is not listed") { () throws(Errno) in
            let socket: FileDescriptor
            do throws(Errno) {
                socket = try FileDescriptor.internetSocket(isIPv6: false, isStream: true)
            } catch .addressFamilyNotSupported {
                // A kernel without IPv4 connects to nothing.
                throw .permissionDenied
            }
            defer { socket.discard() }
            try socket.connect(to: [UInt8(AF_INET), 0, 0, 1, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8))
        }
        try expect(.notPermitted, "no signal leaves the cage") { () throws(Errno) in
            try Signals.send(0, to: getppid())
        }
    }

    /// What is tried once everything stands.
    func proveFilter() throws(CageError) {
        guard cage.mutation.keepsProofs else { return }
        try expect(.notPermitted, "no socket of another family can be made") { () throws(Errno) in
            try FileDescriptor.unixStreamSocket().discard()
        }
        if cage.kind.connectPorts.isEmpty {
            try expect(.notPermitted, "there is no network") { () throws(Errno) in
                try FileDescriptor.internetSocket(isIPv6: false, isStream: true).discard()
            }
        }
        try expect(.notPermitted, "no memory of another process can be read") { () throws(Errno) in
            try KernelProbe.readMemory(of: getppid())
        }
        try expect(nil, "no program gains privileges") { () throws(Errno) in
            guard try ProcessControl.hasNoNewPrivileges() else { throw .notPermitted }
        }
        try expect(nil, "the limits hold") { () throws(Errno) in
            for limit in cage.policy.limits {
                let actual = try ProcessControl.limit(limit.resource.number)
                guard actual.hard <= limit.hard, actual.soft <= limit.soft else { throw .notPermitted }
            }
        }
        try expect(nil, "the call has a session of its own") { () throws(Errno) in
            guard getsid(0) == getpid() else { throw .notPermitted }
        }
    }

    private func expect(
        _ expected: Errno?, _ guarantee: String, _ act: () throws(Errno) -> Void
    ) throws(CageError) {
        var outcome: Errno?
        do throws(Errno) { try act() } catch { outcome = error }
        guard outcome != expected else { return }
        let ended = outcome.map { "answered \($0.name) (\($0))" } ?? "succeeded"
        throw CageError(
            .isolation,
            "the cage does not hold: \"\(guarantee)\" was tried and \(ended); nothing was run; compare \(cage.policy.file) with "
                + "what the kernel offers (mazelclaw-run doctor)")
    }
}
