import Enforcement
import Glibc
import Linux
import Policy
import SystemPackage

/// The process that goes into the cage.
struct CagedProcess {
    let cage: Cage
    /// Where it says what went wrong; closed once the cage stands.
    let complaints: FileDescriptor
    /// Who watches over it, and must be its parent still.
    let keeper: Int32

    /// Puts the cage on, and does there what was asked for. Never returns.
    func run() -> Never {
        do throws(CageError) {
            try enter()
            if cage.kind.executes { try execute() }
            complaints.discard()
            _exit(FileOperation.answerStandardInput())
        } catch {
            var text = Array("\(error.code.rawValue) \(error.message)".utf8)
            if text.count > 4000 { text.removeSubrange(4000...) }
            try? complaints.writeEverything(text)
            // Not exit(3): the memory may be the keeper's too.
            _exit(error.code.rawValue)
        }
    }

    private func enter() throws(CageError) {
        let mutation = cage.mutation
        try step("die with the helper") { () throws(Errno) in
            try ProcessControl.dieWithParent()
            guard getppid() == keeper else { throw .noSuchProcess }
        }
        try step("reset signals") { () throws(Errno) in try Signals.reset() }
        if mutation.keeps(.session) {
            try step("start a session") { () throws(Errno) in try ProcessControl.startSession() }
        }
        try step("join a keyring of its own") { () throws(Errno) in
            // The gateway's sandbox refuses it, and has given the gateway an empty one.
            do throws(Errno) { try ProcessControl.joinAnonymousKeyring() } catch {
                guard error == .notPermitted || error == .noFunction else { throw error }
            }
        }
        if mutation.keeps(.capabilities) {
            try step("drop capabilities") { () throws(Errno) in try Capabilities.dropThoseOfRoot() }
        }
        if mutation.keeps(.limits) { try step("set limits") { () throws(Errno) in try setLimits() } }
        try step("enter \(cage.arguments.directory ?? cage.arguments.workspace)") { () throws(Errno) in
            if let directory = cage.arguments.directory {
                try ProcessControl.changeDirectory(to: directory.text)
            } else {
                try ProcessControl.changeDirectory(to: cage.workspace)
            }
        }
        if cage.arguments.reports, cage.kind.executes {
            try step("join the streams") { () throws(Errno) in
                try FileDescriptor.standardOutput.become(FileDescriptor.standardError.rawValue)
            }
        }
        let proof = CageProof(cage: cage)
        try step("restrict itself by Landlock") { () throws(Errno) in try cage.applyLandlock() }
        try proof.proveLandlock()
        // Descriptors of directories outside reach nothing by themselves, but nobody inside needs one.
        if mutation.keeps(.descriptors) {
            try step("close descriptors") { () throws(Errno) in try ProcessControl.closeOnExec(from: 3) }
        }
        if mutation.keeps(.seccomp) {
            try step("install the filter") { () throws(Errno) in try SeccompFilter.install(cage.filter) }
        }
        try proof.proveFilter()
    }

    private func setLimits() throws(Errno) {
        for limit in cage.policy.limits {
            let number = limit.resource.number
            let ceiling = min(limit.hard, try ProcessControl.limit(number).hard)
            try ProcessControl.setLimit(number, soft: min(limit.soft, ceiling), hard: ceiling)
        }
    }

    private func execute() throws(CageError) {
        let words = cage.arguments.command ?? []
        let name = words.first?.description ?? ""
        var candidates = [words.first?.bytes ?? []]
        if !name.utf8.contains(UInt8(ascii: "/")) {
            let path = cage.environment.first { $0.name == "PATH" }?.value ?? "/usr/bin:/bin"
            candidates = path.utf8.split(separator: UInt8(ascii: ":")).map {
                Array($0) + [UInt8(ascii: "/")] + Array(name.utf8)
            }
        }
        let programs = CStringArray(candidates)
        let arguments = CStringArray(words.map(\.bytes))
        let environment = CStringArray(cage.environment.map { Array($0.assignment.utf8) })
        var answer = Errno.noSuchFileOrDirectory
        for index in 0..<programs.count {
            do throws(Errno) {
                try ProcessControl.execute(programs, at: index, arguments: arguments, environment: environment)
            } catch {
                if error != .noSuchFileOrDirectory, error != .notDirectory { answer = error }
            }
        }
        throw CageError(
            answer == .noSuchFileOrDirectory ? .notFound : .notExecutable,
            "cannot execute \(name): \(answer.name) (\(answer)); it must be a program of the system's or of the workspace"
        )
    }

    private func step(_ name: String, _ body: () throws(Errno) -> Void) throws(CageError) {
        do throws(Errno) {
            try body()
        } catch {
            throw CageError(
                .isolation,
                "cannot \(name): \(error.name) (\(error)); nothing was run; mazelclaw-run doctor shows what this host "
                    + "permits")
        }
    }
}
