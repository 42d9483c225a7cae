"""A Debian release's own systemd as PID 1 of namespaces on the running kernel: what takes a machine minutes takes seconds.

It sees nothing of the host but the tree it is booted from, under a layer of its own that goes with it, and the
directory it is given. Its network has no way out. As a program, this file is what becomes PID 1.
"""
import ctypes
import json
import os
import subprocess
import sys
import threading
import time

from machines import Machine

# Units that would reach for the kernel, which is the host's.
MASKED = [
    "dev-hugepages.mount", "proc-sys-fs-binfmt_misc.automount", "proc-sys-fs-binfmt_misc.mount",
    "sys-fs-fuse-connections.mount", "sys-kernel-config.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    "systemd-binfmt.service", "systemd-modules-load.service", "systemd-sysctl.service", "systemd-udev-trigger.service",
    "systemd-udevd.service",
]
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}


class Namespaces:
    """One Debian release in namespaces."""

    def __init__(self, suite):
        self.suite = suite
        self.machine = Machine(suite)

    def make(self):
        """Makes the tree unless it is there already: it is a machine's."""
        self.machine.make()

    def boot(self, payload, append, seconds, log, record):
        """Boots with the files of `payload` and gives every record to `record`, as a machine does."""
        group = os.path.join(control_group(), f"mazelclaw-hosts-{os.getpid()}")
        os.mkdir(group)
        records = os.path.join(payload, "records")
        os.mkfifo(records)

        def join_group():
            with open(f"{group}/cgroup.procs", "w") as file:
                file.write("0")

        start = time.monotonic()
        with open(log, "w") as console:
            process = subprocess.Popen(
                ["unshare", "--cgroup", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child",
                 sys.executable, os.path.abspath(__file__), self.machine.tree, payload, log],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True, preexec_fn=join_group)
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        # Opened for both, so that nobody has to be there yet, and a writer that never comes is not waited for.
        pipe = os.fdopen(os.open(records, os.O_RDWR | os.O_NONBLOCK), "rb")
        rest, isWhole = b"", False
        while True:
            hasEnded = process.poll() is not None
            chunk = pipe.read()
            rest += chunk or b""
            *lines, rest = rest.split(b"\n")
            for line in lines:
                text = json.loads(line)
                isWhole = isWhole or "end" in text
                record(text)
            if hasEnded and not chunk:
                break
            if not chunk:
                time.sleep(0.05)
        timer.cancel()
        remove(group)
        return time.monotonic() - start, isWhole


def remove(group):
    """Removes a control group and all below it once the last process, killed perhaps, has left it."""
    for _ in range(100):
        with open(f"{group}/cgroup.events") as file:
            if "populated 0" in file.read():
                break
        time.sleep(0.1)
    for directory, _, _ in os.walk(group, topdown=False):
        os.rmdir(directory)


def control_group():
    """Where cgroup2 is mounted."""
    for line in open("/proc/self/mounts"):
        fields = line.split()
        if fields[2] == "cgroup2":
            return fields[1]
    raise FileNotFoundError("cgroup2 is not mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup")


def mount(kind, target, options, source="none"):
    """One mount."""
    os.makedirs(target, exist_ok=True)
    subprocess.run(["mount", "-t", kind, "-o", options, source, target], check=True)


def bind(source, target):
    """One bind mount."""
    subprocess.run(["mount", "--bind", source, target], check=True)


def become_systemd(tree, payload, console):
    """Puts the root together and becomes its systemd."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    # A place of its own that nothing else is below, on a mount of its own as pivot_root(2) wants it.
    place = "/run/mazelclaw-hosts"
    mount("tmpfs", place, "size=1g,mode=755")
    for name in ["upper", "work", "root"]:
        os.mkdir(f"{place}/{name}")
    root = f"{place}/root"
    mount("overlay", root, f"lowerdir={tree},upperdir={place}/upper,workdir={place}/work", "overlay")
    # Whole, as on a host: where a part of /proc is covered no user namespace may mount another.
    mount("proc", f"{root}/proc", "nosuid,nodev,noexec")
    mount("sysfs", f"{root}/sys", "ro,nosuid,nodev,noexec")
    mount("cgroup2", f"{root}/sys/fs/cgroup", "rw,nosuid,nodev,noexec")
    mount("tmpfs", f"{root}/dev", "mode=755,nosuid")
    for name, (major, minor) in DEVICES.items():
        os.mknod(f"{root}/dev/{name}", 0o20666, os.makedev(major, minor))
        os.chmod(f"{root}/dev/{name}", 0o666)
    for name, target in LINKS.items():
        os.symlink(target, f"{root}/dev/{name}")
    mount("devpts", f"{root}/dev/pts", "newinstance,ptmxmode=0666,mode=620,gid=5")
    mount("tmpfs", f"{root}/dev/shm", "mode=1777")
    mount("mqueue", f"{root}/dev/mqueue", "rw")
    mount("tmpfs", f"{root}/run", "mode=755,nosuid,nodev")
    mount("tmpfs", f"{root}/tmp", "mode=1777")
    open(f"{root}/dev/console", "w").close()
    bind(console, f"{root}/dev/console")
    os.mkdir(f"{root}/run/payload")
    bind(payload, f"{root}/run/payload")
    for unit in MASKED:
        path = f"{root}/etc/systemd/system/{unit}"
        if not os.path.lexists(path):
            os.symlink("/dev/null", path)
    open(f"{root}/etc/fstab", "w").close()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["hostname", "host"], check=True)
    os.chdir(root)
    # pivot_root(2) is 155; the old root comes to lie under the new one's own "/" (MNT_DETACH is 2).
    if ctypes.CDLL(None, use_errno=True).syscall(155, b".", b".") != 0:
        raise OSError(ctypes.get_errno(), "pivot_root")
    ctypes.CDLL(None).umount2(b".", 2)
    os.chdir("/")
    os.execve("/lib/systemd/systemd", ["systemd", "--system", "--log-target=journal"],
              {"container": "mazelclaw-hosts", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})


if __name__ == "__main__":
    become_systemd(*sys.argv[1:])
