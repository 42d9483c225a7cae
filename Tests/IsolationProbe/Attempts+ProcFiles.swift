import CProbe
import Glibc

/// F: devices and /proc.
extension AttemptTable {
    mutating func addDeviceAndProcFiles() {
        for path in [
            "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/user/max_user_namespaces",
            "/proc/sys/net/ipv4/ip_forward", "/proc/sysrq-trigger", "/proc/irq/default_smp_affinity",
        ] {
            add("F11", "open \(path) for writing") { File.open(path, O_WRONLY) }
        }
        add("F11", "read /proc/sys/kernel/ostype") {
            File.content("/proc/sys/kernel/ostype").map {
                .permitted(value: String(decoding: $0.dropLast(), as: UTF8.self))
            } ?? .refused(errno)
        }
        for path in ["/proc/kallsyms", "/proc/keys", "/proc/key-users", "/proc/timer_list"] {
            add("F12", "read \(path)") { File.read(path) }
        }
        add("F12", "read /proc/kcore") { File.read("/proc/kcore") }
        add("F12", "list /proc/acpi") { File.list("/proc/acpi") }
        for path in ["/sys/firmware", "/sys/kernel/debug", "/sys/fs/cgroup"] {
            add("F12", "stat \(path)") { File.status(path) }
        }
        for name in ["root", "cwd", "exe"] {
            add("F13", "follow /proc/1/\(name)") { File.link("/proc/1/\(name)") }
        }
        for name in ["environ", "mem", "maps", "auxv", "stack", "syscall", "io", "mountinfo"] {
            add("F13", "read /proc/1/\(name)") { File.open("/proc/1/\(name)") }
        }
        for name in ["fd", "map_files"] {
            add("F13", "list /proc/1/\(name)") { File.list("/proc/1/\(name)") }
        }
        add("F13", "read /proc/1/stat") { File.open("/proc/1/stat") }
        add("F13", "read /proc/self/environ") { File.open("/proc/self/environ") }
        add("F27", "list /dev") { File.list("/dev") }
        for name in ["mem", "kmsg", "fuse", "kvm", "vda", "net/tun", "port", "loop0", "console"] {
            add("F27", "open /dev/\(name)") { File.open("/dev/\(name)") }
        }
        for name in ["null", "zero", "full", "random", "urandom"] {
            add("F27", "open /dev/\(name)") { File.open("/dev/\(name)", O_RDWR) }
        }
        add("F27", "write to /dev/full") { File.write("x", to: "/dev/full") }
    }
}
