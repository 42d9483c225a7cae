import Glibc
import JSON
import Linux
import Policy
import SystemPackage

/// The matrix's payload: inside one sandbox it lays things out for others to look for, and tries what it is told to.
public struct MatrixProbe {
    private var link = LineLink(input: .standardInput, output: .standardOutput)
    private var prover = Prover(canary: nil, execution: nil)
    /// What must stay open.
    private var held: [FileDescriptor] = []

    /// Answers the coordinator, until it says that it is over; returns the exit code.
    public static func run() -> Int32 {
        var probe = MatrixProbe()
        do {
            try probe.answer()
            return 0
        } catch {
            return ExitCode.isolation.rawValue
        }
    }

    private mutating func answer() throws(Errno) {
        guard let own = try link.receive(isPatient: true).flatMap(MatrixTarget.init(json:)) else { throw .badMessage }
        let laidOut = try layOut(own)
        defer { clear(laidOut) }
        try link.send(laidOut.json)
        // The coordinator's own target comes back with its processes; until the end only targets come.
        while let target = try link.receive(isPatient: true).flatMap(MatrixTarget.init(json:)) {
            let acts = MatrixAct.all(on: target, isOwn: target.name == own.name)
            try link.send(.array(acts.map { .integer(Int64(prover.outcome(of: $0.proof.act))) }))
        }
    }

    private mutating func layOut(_ own: MatrixTarget) throws(Errno) -> MatrixTarget {
        var target = own
        let name = try listenOnAbstractName("mazelclaw-matrix-\(own.name)-\(UInt32.random(in: .min ... .max))")
        let key = Int32.random(in: 1 ... .max)
        let lure = MatrixTarget.Lure(socketName: name, memoryKey: (try? SharedMemory.make(key: key)) == nil ? nil : key)
        target.lure = lure
        for port in [own.ports.gateway, own.ports.control, own.ports.cdp.lowerBound] {
            let socket = try FileDescriptor.internetSocket(isIPv6: false, isStream: true)
            try socket.setSocketOption(SOL_SOCKET, SO_REUSEADDR, 1)
            try listen(socket, InternetAddress(address: .loopback4, port: port).bytes)
        }
        clear(target, keepingMemory: true)
        try listen(
            try .unixStreamSocket(),
            FileDescriptor.unixAddress((own.state / MatrixTarget.Lure.socketFileName).text))
        for path in [own.state / MatrixTarget.Lure.fileName, lure.sharedMemoryPath] {
            try FileDescriptor.workingDirectory.open(path.text, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
                .discard()
        }
        return target
    }

    /// Listens on the abstract name `wanted`; where such names are the host's, and not a sandbox's to choose, on one that
    /// the kernel chooses. Returns it.
    private mutating func listenOnAbstractName(_ wanted: String) throws(Errno) -> String {
        let socket = try FileDescriptor.unixStreamSocket()
        do throws(Errno) {
            try listen(socket, FileDescriptor.abstractAddress(wanted))
        } catch {
            guard error == .permissionDenied else { throw error }
            try listen(socket, FileDescriptor.abstractAddress(nil))
        }
        return String(decoding: try socket.socketAddress().dropFirst(3), as: UTF8.self)
    }

    private mutating func listen(_ socket: FileDescriptor, _ address: [UInt8]) throws(Errno) {
        try socket.bind(to: address)
        try socket.listen(backlog: 8)
        held.append(socket)
    }

    /// Takes everything away again that would outlast the sandbox, also what a probe left behind that was killed.
    private func clear(_ own: MatrixTarget, keepingMemory: Bool = false) {
        for name in [MatrixTarget.Lure.fileName, MatrixTarget.Lure.socketFileName] {
            _ = unlink((own.state / name).text)
        }
        if !keepingMemory, let key = own.lure?.memoryKey { SharedMemory.remove(key: key) }
    }
}
