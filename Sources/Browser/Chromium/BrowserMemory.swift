import Glibc

/// How much memory the processes of a browser take.
enum BrowserMemory {
    /// Of the processes of `group`, in bytes: what each has for itself, and its part of what several share (PSS); where the
    /// kernel does not tell that, what is resident (proc_pid_smaps_rollup(5), proc_pid_statm(5)).
    static func bytes(ofGroup group: Int32) -> Int64 {
        guard let directory = opendir("/proc") else { return 0 }
        defer { closedir(directory) }
        var sum: Int64 = 0
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let process = Int32(name), getpgid(process) == group else { continue }
            sum += proportional(process) ?? resident(process) ?? 0
        }
        return sum
    }

    private static func proportional(_ process: Int32) -> Int64? {
        guard let text = ProcessFile.text("/proc/\(process)/smaps_rollup") else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { $0 << 10 }
    }

    private static func resident(_ process: Int32) -> Int64? {
        guard let text = ProcessFile.text("/proc/\(process)/statm") else { return nil }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? Int64(fields[1]).map { $0 * Int64(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }
}
