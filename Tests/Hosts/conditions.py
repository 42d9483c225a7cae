"""What makes the host of a row poorer: settings that are put back, and commands that play a host for the one they run."""
import contextlib
import ctypes
import os
import signal
import subprocess
import sys

from launcher import PROBE, RUN

# linux/sched.h
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000

# What Docker's default filter refuses a container without CAP_SYS_ADMIN (moby, profiles/seccomp): clone(2) into
# namespaces, clone3 as unknown, and calls by number.
DOCKER_FILTER = "56&0x7e020000=1,435=38," + ",".join(
    f"{number}=1" for number in [
        135, 153, 155, 161, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 175, 176, 179, 180, 246, 248, 249,
        250, 256, 272, 279, 298, 300, 303, 304, 308, 310, 311, 312, 313, 320, 321, 323, 428, 429, 430, 431, 432, 433,
        438, 442,
    ])


@contextlib.contextmanager
def sysctl(name, value):
    """A host with a kernel setting, for as long as it is needed."""
    path = "/proc/sys/" + name.replace(".", "/")
    with open(path) as file:
        before = file.read()
    write(path, str(value))
    try:
        yield
    finally:
        # Some settings are for good: nothing after them in this boot counts on another value.
        with contextlib.suppress(OSError):
            write(path, before)


@contextlib.contextmanager
def apparmor(rules):
    """A host whose AppArmor confines the launcher by `rules`."""
    profile = f"profile mazelclaw-run {RUN} flags=(attach_disconnected) {{\n{rules}\n}}\n"
    parse = ["apparmor_parser", "--skip-cache"]
    subprocess.run([*parse, "--replace"], input=profile, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run([*parse, "--remove"], input=profile, text=True, check=True)


def write(path, text):
    """Writes a setting."""
    with open(path, "w") as file:
        file.write(text)


def inside(*names):
    """The words before a command that put it on the hosts of these names, one inside the other."""
    return ["/usr/bin/python3", os.path.abspath(__file__), *names, "--"]


def without(lacks):
    """The words before a command that take system calls away from it."""
    return [PROBE, "--without", lacks]


# The hosts for which this file is run as a program, by root.

def unshare(flags):
    if ctypes.CDLL(None, use_errno=True).unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def own_mounts():
    unshare(CLONE_NEWNS)
    mount("--make-rprivate", "/")


def covered_proc():
    """As container engines do it: files covered by /dev/null, directories by an empty file system."""
    own_mounts()
    for file in ["/proc/kcore", "/proc/keys", "/proc/timer_list"]:
        mount("--bind", "/dev/null", file)
    for directory in ["/proc/acpi", "/proc/scsi"]:
        if os.path.isdir(directory):
            mount("-t", "tmpfs", "-o", "ro", "tmpfs", directory)


def readonly_sysctl():
    """/proc/sys mounted read-only, nothing else."""
    own_mounts()
    mount("--bind", "/proc/sys", "/proc/sys")
    mount("-o", "remount,bind,ro", "/proc/sys")


def user_namespace(size):
    """A user namespace of root's with the first `size` IDs, each itself."""
    made, tell_made = os.pipe()
    mapped, tell_mapped = os.pipe()
    child = os.fork()
    if child == 0:
        unshare(CLONE_NEWUSER)
        os.write(tell_made, b"x")
        os.read(mapped, 1)
        return
    os.read(made, 1)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    # The maps of another process are root's to write in any size.
    for name in ["uid_map", "gid_map"] if size else []:
        write(f"/proc/{child}/{name}", f"0 0 {size}\n")
    os.write(tell_mapped, b"x")
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


HOSTS = {
    "covered-proc": covered_proc,
    "readonly-sysctl": readonly_sysctl,
    "whole-user-namespace": lambda: user_namespace(65536),
    "root-only-user-namespace": lambda: user_namespace(1),
    "empty-user-namespace": lambda: user_namespace(0),
}

if __name__ == "__main__":
    end = sys.argv.index("--")
    for word in sys.argv[1:end]:
        HOSTS[word]()
    os.execvp(sys.argv[end + 1], sys.argv[end + 1:])
