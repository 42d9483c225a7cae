import Glibc
import Linux
import Policy
import SystemPackage

/// The processes of a sandbox, as its supervisor sees them from outside (proc(5)).
struct SandboxProcesses {
    private let initProcess: Int32
    private let statuses: [Int32: ProcessStatus]

    /// Those below `initProcess` now. Throws where /proc cannot be listed.
    init(below initProcess: Int32) throws(Errno) {
        self.initProcess = initProcess
        var statuses: [Int32: ProcessStatus] = [:]
        for name in try FileSystem.entries(of: "/proc") {
            // One that has ended meanwhile is none.
            guard let number = Int32(name), let status = try? ProcessStatus(of: number) else { continue }
            statuses[number] = status
        }
        self.statuses = statuses
    }

    /// How those are held that have `argument` as one of theirs, beside the sandbox's own program, and how much memory all take.
    ///
    /// What a process calls itself it chooses; how many namespaces and filters are around it, it does not.
    func inspect(argument: String) -> ProcessInspection {
        let program = statuses.values.first { $0.parent == initProcess && $0.innermostProcessID == 2 }
        var inspection = ProcessInspection()
        guard let program else { return inspection }
        for (number, status) in statuses where isInside(number) {
            // One that has ended meanwhile takes none.
            inspection.memory += (try? ProcessMemory.bytes(of: number)) ?? 0
            guard Self.has(argument, number) else { continue }
            inspection.found += 1
            if status.namespaceDepth > program.namespaceDepth { inspection.inNestedNamespace += 1 }
            if status.filterCount > program.filterCount { inspection.underFurtherFilter += 1 }
        }
        return inspection
    }

    /// Whether a process descends from the sandbox's init.
    private func isInside(_ number: Int32) -> Bool {
        var number = number
        // As deep as a tree of processes gets; a number that was given anew meanwhile must not lead in circles.
        for _ in 0..<64 {
            guard let parent = statuses[number]?.parent, parent > 0 else { return false }
            if parent == initProcess { return true }
            number = parent
        }
        return false
    }

    /// Whether a process shows `argument` among its arguments. A program may lay them out anew, with blanks between.
    private static func has(_ argument: String, _ number: Int32) -> Bool {
        guard let file = try? FileDescriptor.workingDirectory.open("/proc/\(number)/cmdline", flags: O_RDONLY) else {
            return false
        }
        defer { file.discard() }
        let text = (try? file.readSome(limit: 16 << 10)) ?? []
        return text.split { $0 == 0 || $0 == UInt8(ascii: " ") }.contains { $0.elementsEqual(argument.utf8) }
    }
}
