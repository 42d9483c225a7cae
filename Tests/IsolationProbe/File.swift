import CProbe
import Glibc

/// Attempts on files, by system calls.
enum File {
    static let here: Argument = .number(Int(AT_FDCWD))
    /// O_PATH (open(2)), which Glibc hides from Swift.
    static let pathOnly: Int32 = 0o10000000

    static func open(_ path: String, _ flags: Int32 = O_RDONLY, mode: Int = 0o600) -> Outcome {
        let descriptor = descriptor(path, flags, mode: mode)
        defer { if descriptor >= 0 { close(descriptor) } }
        return Outcome(of: Int(descriptor))
    }

    static func descriptor(_ path: String, _ flags: Int32, mode: Int = 0o600) -> Int32 {
        Int32(SystemCall.result(Int(SYS_openat), [here, .text(path), Argument(flags), .number(mode)]))
    }

    static func create(_ path: String) -> Outcome {
        open(path, O_WRONLY | O_CREAT | O_EXCL)
    }

    /// Reads from `path`: the number of bytes, at most 4096, that came.
    static func read(_ path: String) -> Outcome {
        content(path).map { .permitted(value: "\($0.count) bytes") } ?? .refused(errno)
    }

    /// The first 64 KiB of `path`, or nil with errno.
    static func content(_ path: String) -> [UInt8]? {
        let descriptor = descriptor(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(descriptor, &content, content.count)
        return count < 0 ? nil : Array(content[..<count])
    }

    /// All of `path`, a file of proc(5) that comes in pieces of a page, or nil with errno.
    static func whole(_ path: String) -> [UInt8]? {
        let descriptor = descriptor(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count > 0 else { return count < 0 ? nil : content }
            content += piece[..<count]
        }
    }

    static func write(_ text: String, to path: String) -> Outcome {
        let descriptor = descriptor(path, O_WRONLY)
        guard descriptor >= 0 else { return .refused(errno) }
        defer { close(descriptor) }
        return .init(of: Glibc.write(descriptor, text, text.utf8.count))
    }

    /// The names in a directory, in order.
    static func names(in path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func list(_ path: String) -> Outcome {
        names(in: path).map { .permitted(value: $0.joined(separator: " ")) } ?? .refused(errno)
    }

    static func status(_ path: String) -> Outcome {
        var status = stat()
        return Outcome(of: Int(stat(path, &status)))
    }

    static func link(_ path: String) -> Outcome {
        var target = [UInt8](repeating: 0, count: 4096)
        return target.withUnsafeMutableBytes { buffer in
            let address = Int(bitPattern: buffer.baseAddress)
            return SystemCall.attempt(SYS_readlinkat, here, .text(path), .number(address), 4096)
        }
    }

    static func remove(_ path: String) {
        _ = SystemCall.attempt(SYS_unlinkat, here, .text(path), 0)
    }

    /// Runs `path` in a child; permitted when it exits with 0.
    static func execute(_ path: String) -> Outcome {
        Child.outcome {
            let status = run([path])
            return status == 0 ? .permitted() : .refused(status >> 8)
        }
    }

    /// Runs a program with its arguments in a child and says with what it exited.
    static func exitStatus(of words: [String]) -> Outcome {
        .permitted(value: "exit \(run(words) >> 8)")
    }

    /// The wait status of a child that has become the program; its exit code is the errno when it could not.
    private static func run(_ words: [String]) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        let program = Child.start {
            close(STDERR_FILENO)
            execve(words[0], &arguments, &environment)
            _exit(errno)
        }
        return Child.wait(for: program)
    }

    /// The mount flags of what holds `path`, as statvfs(3) names them.
    static func flags(of path: String) -> Outcome {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return .refused(errno) }
        let names = [(UInt(1), "ro"), (2, "nosuid"), (4, "nodev"), (8, "noexec")]
        return .permitted(value: names.filter { status.f_flag & $0.0 != 0 }.map(\.1).joined(separator: ","))
    }

    /// Copies `source` to `destination`, executable.
    static func copy(_ source: String, to destination: String) -> Outcome {
        let input = descriptor(source, O_RDONLY)
        let output = descriptor(destination, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o700)
        guard input >= 0, output >= 0 else { return .refused(errno) }
        defer {
            close(input)
            close(output)
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(input, &buffer, buffer.count)
            guard count > 0 else { return .init(of: count) }
            guard Glibc.write(output, buffer, count) == count else { return .refused(errno) }
        }
    }
}
