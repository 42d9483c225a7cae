import JSON
import Policy
import Testing

@testable import Enforcement

@Suite struct ControlGroupPathTests {
    private let mounted =
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

    private func path(_ groups: String, _ mounts: String) -> String? {
        ControlGroupPath.own(controlGroups: Array(groups.utf8), mountTable: Array(mounts.utf8))?.text
    }

    @Test func `the path in the hierarchy is found below its mount`() {
        #expect(
            path("0::/system.slice/a.service\n", "1 0 8:1 / / rw - ext4 /dev/sda rw\n" + mounted)
                == "/sys/fs/cgroup/system.slice/a.service")
        #expect(path("0::/\n", mounted) == "/sys/fs/cgroup")
    }

    @Test func `beside version 1 only the unified hierarchy counts`() {
        let hybrid =
            "31 30 0:27 / /sys/fs/cgroup/pids rw shared:5 - cgroup cgroup rw,pids\n"
            + "32 30 0:28 / /sys/fs/cgroup/unified rw shared:6 master:1 - cgroup2 cgroup2 rw\n"
        #expect(path("8:pids:/b\n0::/a\n", hybrid) == "/sys/fs/cgroup/unified/a")
        #expect(path("8:pids:/b\n", hybrid) == nil)
        #expect(path("0::/a\n", "31 30 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n") == nil)
    }

    @Test func `a mount that shows a part of the hierarchy shows what lies in it`() {
        let part = "30 23 0:26 /docker/1 /sys/fs/cgro\\040up rw - cgroup2 cgroup2 rw\n"
        #expect(path("0::/docker/1/a/b\n", part) == "/sys/fs/cgro up/a/b")
        #expect(path("0::/docker/1\n", part) == "/sys/fs/cgro up")
        #expect(path("0::/docker/12\n", part) == nil)
        #expect(path("0::/docker/12\n", part + mounted) == "/sys/fs/cgroup/docker/12")
    }

    @Test func `a cgroup outside of the namespace's root is nowhere in sight`() {
        #expect(path("0::/../b\n", mounted) == nil)
        #expect(path("", mounted) == nil)
        #expect(path("0::/a\n", "") == nil)
    }
}

@Suite struct OutOfMemoryTests {
    @Test func `the sentence tells whose limit it was`() {
        let own = OutOfMemory(peak: 134_217_728, limit: 128 << 20)
        #expect(
            own.sentence.hasPrefix(
                "the kernel ended the sandbox at its memory limit of 128m, having used 128 MiB at most"))
        #expect(own.json.text() == #"{"event":"out-of-memory","peak":134217728,"limit":134217728}"#)
        let other = OutOfMemory(peak: nil, limit: nil)
        #expect(other.sentence.hasPrefix("the kernel ended the sandbox, as memory was short outside of it;"))
        #expect(other.json.text() == #"{"event":"out-of-memory"}"#)
    }
}
