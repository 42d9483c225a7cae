import Glibc

/// The program itself, as it lies in memory.
enum ProgramImage {
    /// Drops its code from the page tables; what is used comes back from the page cache. Most of what a start touches is
    /// never touched again, and a gateway that waits then costs half.
    static func release() {
        guard let file = fopen("/proc/self/maps", "re") else { return }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 4096 + 256)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard let range = code(line) else { continue }
            // Never changed, so nothing is lost.
            madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
        }
    }

    /// The addresses of a line of /proc/self/maps (proc_pid_maps(5)), when it maps a file's code. Not all that is
    /// read-only: what was relocated is made so afterwards (RELRO), and would be lost.
    private static func code(_ line: String) -> Range<UInt>? {
        let words = line.split(separator: " ")
        guard words.count >= 6, words[1] == "r-xp", words[5].hasPrefix("/") else {
            return nil
        }
        let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }
}
