import CProbe
import Glibc

/// F: what is visible, what is writable, what is a mount.
extension AttemptTable {
    mutating func addFiles() {
        addHostFiles()
        addReadOnlyFiles()
        addMountCalls()
        addStateFiles()
        addExecution()
    }

    private mutating func addHostFiles() {
        for path in ["/etc/shadow", "/root", "/root/.ssh", "/home", "/boot", "/var/log", "/sys", "/mnt", "/srv"] {
            add("F02", "stat \(path)") { File.status(path) }
        }
        let files = facts.hostFiles
        add("F02", "read planted host files") { Self.first(files.map(File.read)) }
        add("F02", "read planted host files under /proc/self/root") {
            Self.first(files.map { File.read("/proc/self/root" + $0) })
        }
        add("F02", "read planted host files under /proc/1/root") {
            Self.first(files.map { File.read("/proc/1/root" + $0) })
        }
        add("F02", "read /etc/passwd") { File.content("/etc/passwd") == nil ? .refused(errno) : .permitted() }
        add("F02", "read /usr/bin/env") { File.open("/usr/bin/env") }
        add("F14", "climb from /proc/self/root") { File.status("/proc/self/root/../../../root") }
        add("F14", "climb above /") { File.status("/../../../etc/shadow") }
        add("F14", "climb above / by descriptor") {
            let root = File.descriptor("/", File.pathOnly)
            defer { close(root) }
            return Outcome(
                of: SystemCall.result(Int(SYS_openat), [Argument(root), "../../root", Argument(File.pathOnly), 0]))
        }
        add("F14", "climb from the working directory") { File.status("../../../../../../../../etc/shadow") }
        add("F15", "name_to_handle_at") {
            SystemCall.attempt(
                SYS_name_to_handle_at, File.here, "/usr", .bytes(Array(repeating: 0, count: 256)),
                .bytes([0, 0, 0, 0]), 0)
        }
        add("F15", "open_by_handle_at") {
            SystemCall.attempt(SYS_open_by_handle_at, File.here, .bytes(Array(repeating: 0, count: 256)), 0)
        }
    }

    /// The first outcome that is no refusal, else the first refusal.
    static func first(_ outcomes: [Outcome]) -> Outcome {
        for outcome in outcomes {
            if case .permitted = outcome { return outcome }
        }
        return outcomes.first ?? .permitted(value: "nothing tried")
    }

    private mutating func addReadOnlyFiles() {
        for path in ["/x", "/usr/x", "/etc/x", "/bin/x", "/opt/x", "/dev/x", "/etc/ssl/x"] {
            add("F03", "create \(path)") { File.create(path) }
        }
        add("F03", "open /usr/bin/env for writing") { File.open("/usr/bin/env", O_WRONLY) }
        add("F03", "open /etc/passwd for writing") { File.open("/etc/passwd", O_WRONLY) }
        add("F03", "truncate /usr/bin/env") { SystemCall.attempt(SYS_truncate, "/usr/bin/env", 0) }
        add("F03", "unlink /etc/passwd") { SystemCall.attempt(SYS_unlinkat, File.here, "/etc/passwd", 0) }
        add("F03", "rename /etc/passwd") { SystemCall.attempt(SYS_rename, "/etc/passwd", "/etc/x") }
        add("F03", "chmod /") { SystemCall.attempt(SYS_chmod, "/", 0o777) }
        add("F03", "chmod /usr/bin/env") { SystemCall.attempt(SYS_chmod, "/usr/bin/env", 0o777) }
        add("F03", "mkdir /x") { SystemCall.attempt(SYS_mkdir, "/x", 0o700) }
        add("F03", "symlink /x") { SystemCall.attempt(SYS_symlink, "/usr", "/x") }
        add("F16", "open the probe's own program for writing") { File.open("/proc/self/exe", O_WRONLY) }
        add("F16", "open init's program for writing") { File.open("/proc/1/exe", O_WRONLY) }
    }

    private mutating func addMountCalls() {
        let rebind = Int(MS_REMOUNT) | Int(MS_BIND)
        add("F04", "remount /usr writable") { SystemCall.attempt(SYS_mount, 0, "/usr", 0, .number(rebind), 0) }
        add("F04", "mount_setattr") {
            SystemCall.attempt(
                SYS_mount_setattr, File.here, "/usr", 0, .bytes(Array(repeating: 0, count: 32)), 32)
        }
        for path in ["/usr", "/proc/sys", "/proc/keys", "/tmp"] {
            add("F05", "umount \(path)") { SystemCall.attempt(SYS_umount2, .text(path), .number(Int(MNT_DETACH))) }
        }
        for type in ["tmpfs", "proc", "overlay", "devpts"] {
            add("F06", "mount \(type)") { SystemCall.attempt(SYS_mount, "none", "/tmp", .text(type), 0, 0) }
        }
        add("F06", "bind mount") { SystemCall.attempt(SYS_mount, "/usr", "/tmp", 0, .number(Int(MS_BIND)), 0) }
        add("F06", "make / shared") {
            SystemCall.attempt(SYS_mount, 0, "/", 0, .number(Int(MS_REC) | Int(MS_SHARED)), 0)
        }
        add("F06", "fsopen") { SystemCall.attempt(SYS_fsopen, "tmpfs", 0) }
        add("F06", "fsconfig") { SystemCall.attempt(SYS_fsconfig, 0, 6, 0, 0, 0) }
        add("F06", "fsmount") { SystemCall.attempt(SYS_fsmount, 0, 0, 0) }
        add("F06", "fspick") { SystemCall.attempt(SYS_fspick, File.here, "/tmp", 0) }
        add("F06", "open_tree") { SystemCall.attempt(SYS_open_tree, File.here, "/usr", 1) }
        add("F06", "move_mount") { SystemCall.attempt(SYS_move_mount, File.here, "/usr", File.here, "/tmp", 0) }
        add("F07", "pivot_root") { SystemCall.attempt(SYS_pivot_root, "/tmp", "/tmp") }
        add("F07", "chroot", apart: true) { SystemCall.attempt(SYS_chroot, "/tmp") }
        add("F22", "count mounts that propagate") {
            guard let lines = File.whole("/proc/self/mountinfo") else { return .refused(errno) }
            let words = String(decoding: lines, as: UTF8.self).split { $0 == " " || $0 == "\n" }
            let marks = ["shared:", "master:", "propagate_from:"]
            return .permitted(value: "\(words.filter { word in marks.contains { word.hasPrefix($0) } }.count)")
        }
    }

    private mutating func addStateFiles() {
        let file = facts.state + "/probe-file"
        let other = facts.state + "/probe-other"
        let state = facts.state
        add("F30", "create, write, rename and remove in the state directory") {
            File.create(file)
                .then { File.write("data", to: file) }
                .then { SystemCall.attempt(SYS_rename, .text(file), .text(other)) }
                .then { SystemCall.attempt(SYS_unlinkat, File.here, .text(other), 0) }
        }
        for directory in ["/tmp", "/dev/shm", "/run"] {
            add("F30", "create and remove in \(directory)") {
                File.create(directory + "/probe")
                    .then { SystemCall.attempt(SYS_unlinkat, File.here, .text(directory + "/probe"), 0) }
            }
        }
        add("F30", "flock in the state directory") {
            let descriptor = File.descriptor(file, O_RDWR | O_CREAT)
            defer {
                close(descriptor)
                File.remove(file)
            }
            return SystemCall.attempt(SYS_flock, Argument(descriptor), Argument(LOCK_EX | LOCK_NB))
        }
        add("F30", "share a mapping of a file in the state directory") { Self.sharedMapping(file) }
        add("F30", "watch the state directory with inotify") { Self.watch(directory: state, creating: file) }
        add("F30", "make a pipe in the state directory") {
            defer { File.remove(file) }
            return SystemCall.attempt(SYS_mknod, .text(file), .number(Int(S_IFIFO) | 0o600), 0)
        }
        add("F08", "make a block device in the state directory") {
            SystemCall.attempt(SYS_mknod, .text(file), .number(Int(S_IFBLK) | 0o600), 0xFE00)
        }
        add("F08", "make a character device in /tmp") {
            SystemCall.attempt(SYS_mknod, "/tmp/probe", .number(Int(S_IFCHR) | 0o600), 0x103)
        }
        add("F20", "link /usr/bin/env into the state directory") {
            SystemCall.attempt(SYS_link, "/usr/bin/env", .text(file))
        }
        add("F20", "rename from the state directory to /tmp") {
            defer { File.remove(file) }
            return File.create(file).then { SystemCall.attempt(SYS_rename, .text(file), "/tmp/probe") }
        }
        add("F20", "link inside the state directory") {
            defer {
                File.remove(file)
                File.remove(other)
            }
            return File.create(file).then { SystemCall.attempt(SYS_link, .text(file), .text(other)) }
        }
        for (directory, limit) in [("/run", 16), ("/dev/shm", 256), ("/tmp", 512)] {
            add("F23", "fill \(directory) beyond its \(limit) MiB") {
                Self.allocate(mebibytes: limit + 1, in: directory)
            }
            add("F23", "take 1 MiB of \(directory)") { Self.allocate(mebibytes: 1, in: directory) }
        }
    }

    private static func allocate(mebibytes: Int, in directory: String) -> Outcome {
        let path = directory + "/probe"
        let descriptor = File.descriptor(path, O_WRONLY | O_CREAT)
        defer {
            close(descriptor)
            File.remove(path)
        }
        return SystemCall.attempt(SYS_fallocate, Argument(descriptor), 0, 0, .number(mebibytes << 20))
    }

    private mutating func addExecution() {
        let file = facts.state + "/probe-program"
        for directory in ["/tmp", facts.state] {
            let name = directory == facts.state ? "the state directory" : directory
            add("F09", "flags of \(name)") { File.flags(of: directory) }
            add("F10", "execute in \(name)") {
                let program = directory + "/probe-program"
                defer { File.remove(program) }
                return File.copy("/usr/bin/true", to: program).then { File.execute(program) }
            }
        }
        add("F09", "flags of /usr") { File.flags(of: "/usr") }
        add("F11", "flags of /proc/sys") { File.flags(of: "/proc/sys") }
        add("F09", "flags of /dev/shm") { File.flags(of: "/dev/shm") }
        add("F09", "give a program capabilities") {
            defer { File.remove(file) }
            let capabilities: [UInt8] = [1, 0, 0, 2] + Array(repeating: 255, count: 16)
            return File.create(file).then {
                SystemCall.attempt(
                    SYS_setxattr, .text(file), "security.capability", .bytes(capabilities), 20, 0)
            }
        }
        for directory in ["/dev/shm", "/run"] {
            add("F10", "execute in \(directory)") {
                let program = directory + "/probe-program"
                defer { File.remove(program) }
                return File.copy("/usr/bin/true", to: program).then { File.execute(program) }
            }
        }
        let loader = "/lib64/ld-linux-x86-64.so.2"
        add("F10", "have the dynamic loader run a program in /dev/shm") {
            let program = "/dev/shm/probe-program"
            defer { File.remove(program) }
            // It maps what it runs; 127 is its answer to what cannot be mapped.
            return File.copy("/usr/bin/true", to: program).then { File.exitStatus(of: [loader, program]) }
        }
        add("F10", "have the dynamic loader run a program in /usr") {
            File.exitStatus(of: [loader, "/usr/bin/true"])
        }
        add("F10", "have a shell read a script in /dev/shm") {
            let script = "/dev/shm/probe-script"
            defer { File.remove(script) }
            return File.create(script).then { File.write("exit 3", to: script) }
                .then { File.exitStatus(of: ["/bin/sh", script]) }
        }
        add("F10", "map a file of /dev/shm executable") {
            let descriptor = File.descriptor("/dev/shm/probe-map", O_RDWR | O_CREAT)
            defer {
                close(descriptor)
                File.remove("/dev/shm/probe-map")
            }
            ftruncate(descriptor, 4096)
            return SystemCall.attempt(
                SYS_mmap, 0, 4096, Argument(PROT_READ | PROT_EXEC), Argument(MAP_PRIVATE), Argument(descriptor), 0)
        }
    }

    private static func sharedMapping(_ path: String) -> Outcome {
        let descriptor = File.descriptor(path, O_RDWR | O_CREAT)
        defer {
            close(descriptor)
            File.remove(path)
        }
        guard ftruncate(descriptor, 32768) == 0,
            let memory = mmap(nil, 32768, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { return .refused(errno) }
        defer { munmap(memory, 32768) }
        // As SQLite does with the index of its write-ahead log: a child sees what is written here.
        memory.storeBytes(of: 0, as: UInt8.self)
        return Child.outcome {
            memory.storeBytes(of: 42, as: UInt8.self)
            return Outcome(of: Int(msync(memory, 4096, MS_SYNC)))
        }.then { .permitted(value: "\(memory.load(as: UInt8.self))") }
    }

    private static func watch(directory: String, creating path: String) -> Outcome {
        let inotify = Int32(SystemCall.result(Int(SYS_inotify_init1), [.number(Int(O_NONBLOCK))]))
        guard inotify >= 0 else { return .refused(errno) }
        defer { close(inotify) }
        let created = SystemCall.attempt(SYS_inotify_add_watch, Argument(inotify), .text(directory), 0x100)
            .then { File.create(path) }
        defer { File.remove(path) }
        return created.then {
            var event = [UInt8](repeating: 0, count: 4096)
            return Outcome(of: read(inotify, &event, event.count))
        }
    }
}
