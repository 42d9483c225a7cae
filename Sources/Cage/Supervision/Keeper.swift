import Glibc
import Linux
import Policy
import SystemPackage

/// Watches over a cage from outside of it: starts the process that goes in, and kills all that came of it at the end.
struct Keeper {
    let cage: Cage

    /// How a call ended.
    enum End: Equatable {
        /// The program's own end.
        case program(ChildProcess.End)
        /// It was ended: by a signal to the helper, or with the gateway.
        case cutOff(signal: Int32)
    }

    /// Does all of it, and returns how it ended.
    ///
    /// The keeper is in a Landlock domain of its own, which does nothing but keep signals inside. The cage's lies within, so
    /// that one kill(2) of every process (-1) reaches all that was ever started there, at one moment, and nobody else: not
    /// what left the process group or the session, not what lost its parent. Their ends all come to this process, which is a
    /// subreaper.
    func run() throws(CageError) -> End {
        let gateway = try openGateway()
        try step("give up privileges") { () throws(Errno) in
            if cage.mutation.keeps(.noNewPrivileges) { try ProcessControl.setNoNewPrivileges() }
            try ProcessControl.becomeUndumpable()
            try ProcessControl.adoptOrphans()
        }
        try enterOwnDomain()
        let signals = try step("wait for signals") { () throws(Errno) in
            try Signals.blockAll()
            return try Signals.descriptor()
        }
        let child = try start()
        FileDescriptor.standardInput.discard()
        FileDescriptor.standardOutput.discard()
        let end = try step("wait for the program") { () throws(Errno) in try watch(child, signals, gateway) }
        try step("end what is left") { () throws(Errno) in try endEverything() }
        cage.temporary?.remove()
        return end
    }

    private func enterOwnDomain() throws(CageError) {
        try step("keep signals inside") { () throws(Errno) in
            try Landlock(files: [], ports: [], scope: .signal).restrictSelf()
        }
        // Whoever is outside must be out of reach, or the end of a call would be the end of everything.
        let outside = getppid() == 0 ? 1 : getppid()
        do throws(Errno) {
            try Signals.send(0, to: outside)
        } catch {
            if error == .notPermitted { return }
        }
        throw CageError(
            .isolation,
            "the kernel does not keep signals in the cage, so what a call leaves behind cannot be ended; nothing was run; use a "
                + "kernel from 6.12 on")
    }

    /// The gateway's process; nil where the layer is left out.
    private func openGateway() throws(CageError) -> FileDescriptor? {
        guard cage.mutation.keeps(.dieWithGateway) else { return nil }
        let number = cage.arguments.gateway ?? getppid()
        // Out of sight (pid_namespaces(7)), and with it whatever would end the call.
        guard number > 0 else { return nil }
        return try step("watch over process \(number)") { () throws(Errno) in try ProcessControl.openProcess(number) }
    }

    /// Starts the process that goes into the cage; returns its ID.
    private func start() throws(CageError) -> Int32 {
        let pipe = try step("make a pipe") { () throws(Errno) in try Pipe() }
        let caged = CagedProcess(cage: cage, complaints: pipe.writer, keeper: getpid())
        let child = try step("make a process") { () throws(Errno) in
            // One that executes a program needs no memory of its own until then.
            if cage.kind.executes { return try ChildProcess.startInOwnMemory { caged.run() } }
            guard let child = try ChildProcess.clone([]) else {
                pipe.reader.discard()
                caged.run()
            }
            child.pidfd.discard()
            return child.processID
        }
        pipe.writer.discard()
        // Empty once the cage stands: exec closes it.
        let complaint = try step("hear of the cage") { () throws(Errno) in try pipe.reader.readEverything(limit: 8192) }
        pipe.reader.discard()
        guard complaint.isEmpty else {
            try? ChildProcess.reapEverything()
            cage.temporary?.remove()
            throw Self.error(complaint)
        }
        return child
    }

    private static func error(_ complaint: [UInt8]) -> CageError {
        let parts = complaint.split(separator: UInt8(ascii: " "), maxSplits: 1)
        let number = parts.first.flatMap { Int32(String(decoding: $0, as: UTF8.self)) }
        return CageError(
            number.flatMap(ExitCode.init(rawValue:)) ?? .isolation, String(decoding: parts.last ?? [], as: UTF8.self))
    }

    /// Waits for the program's end, a signal, or the gateway's end.
    private func watch(
        _ child: Int32, _ signals: FileDescriptor, _ gateway: FileDescriptor?
    ) throws(Errno) -> End {
        let interests = [Readiness.Interest.reading(signals)] + (gateway.map { [.reading($0)] } ?? [])
        while true {
            let ready = try Readiness.wait(for: interests, milliseconds: -1)
            if ready.contains(where: { $0.index == 1 }) { return .cutOff(signal: SIGHUP) }
            while let arrival = try Signals.wait(milliseconds: 0) {
                switch arrival.number {
                case SIGCHLD:
                    while let (processID, end) = try reapOne() {
                        if processID == child { return .program(end) }
                    }
                case SIGTERM, SIGINT, SIGHUP, SIGQUIT: return .cutOff(signal: arrival.number)
                default: continue
                }
            }
        }
    }

    private func reapOne() throws(Errno) -> (processID: Int32, end: ChildProcess.End)? {
        do throws(Errno) {
            return try ChildProcess.reapAny()
        } catch {
            guard error == .noChildProcess else { throw error }
            return nil
        }
    }

    private func endEverything() throws(Errno) {
        guard cage.mutation.keeps(.tree) else { return }
        do throws(Errno) {
            try Signals.send(SIGKILL, to: -1)
        } catch {
            // Nobody is left whom it could reach.
            guard error == .notPermitted || error == .noSuchProcess else { throw error }
        }
        try ChildProcess.reapEverything()
    }

    private func step<Value>(_ name: String, _ body: () throws(Errno) -> Value) throws(CageError) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            cage.temporary?.remove()
            throw CageError(.isolation, "cannot \(name): \(error.name) (\(error)); run mazelclaw-run doctor")
        }
    }
}
