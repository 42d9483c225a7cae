import Files
import Glibc
import Policy

/// What this process uses, as the kernel counts it (proc_pid_stat(5)). What cannot be seen is nil.
struct ProcessFacts {
    /// Bytes that are in memory.
    var residentBytes: Double?
    /// Bytes of address space.
    var virtualBytes: Double?
    /// Seconds of processor time, the kernel's for it included.
    var processorSeconds: Double?
    var threads: Double?
    var openDescriptors: Double?

    /// This process's.
    static var current: ProcessFacts {
        var facts = ProcessFacts(
            stat: read("stat") ?? "", ticks: sysconf(Int32(_SC_CLK_TCK)), page: sysconf(Int32(_SC_PAGESIZE)))
        facts.openDescriptors = descriptors.map(Double.init)
        return facts
    }

    /// Reads the text of a `stat` file. The name in it may hold anything, blanks and brackets too.
    init(stat text: String, ticks: Int, page: Int) {
        guard let end = text.lastIndex(of: ")") else { return }
        // From the third field on.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21 else { return }
        if let user = Double(fields[11]), let system = Double(fields[12]) {
            processorSeconds = (user + system) / Double(ticks)
        }
        threads = Double(fields[17])
        virtualBytes = Double(fields[20])
        residentBytes = Double(fields[21]).map { $0 * Double(page) }
    }

    private static func read(_ name: String) -> String? {
        guard let path = AbsolutePath("/proc/self/\(name)"), case .some(.some(let text)) = try? DurableFile.read(path)
        else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    private static var descriptors: Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
        }
        // Not the one that was opened to see the others.
        return count - 1
    }
}
