# What a payload tries in a sandbox that has no /proc: each line of output is one attempt.
import ctypes
import errno
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)
base, state = int(os.environ["MAZELCLAW_GATEWAY_PORT"]), os.environ["MAZELCLAW_STATE_DIR"]
degraded = os.environ["MAZELCLAW_DEGRADED"].split(",")


def attempt(name, must, act):
    """Tries something that must end in one way: an error's name, OK, or what it returns."""
    try:
        found = act()
        found = "OK" if found is None else found
    except OSError as error:
        found = errno.errorcode[error.errno]
    print("as it must be: " if found == must else f"{found}, not {must}: ", name, sep="")


def call(number, *arguments):
    """A system call by number (asm/unistd_64.h)."""
    if libc.syscall(number, *arguments) == -1:
        raise OSError(ctypes.get_errno(), "")


def write(path):
    """Opens for writing."""
    open(path, "w").close()


def bind(address, port, kind=socket.SOCK_STREAM):
    """Binds a socket of its own."""
    with socket.socket(type=kind) as own:
        own.bind((address, port))


def connect(port):
    """Connects to a port of this host."""
    with socket.socket() as own:
        own.connect(("127.0.0.1", port))


for path in ["/x", "/usr/x", "/etc/x", "/etc/passwd"]:
    attempt(f"write {path}", "EROFS", lambda: write(path))
for path in ["/etc/shadow", "/root", "/home", "/sys", "/var/log"]:
    attempt(f"stat {path}", "ENOENT", lambda: os.stat(path) and None)
attempt("write the state directory", "OK", lambda: write(f"{state}/x"))
attempt("list /proc", "nothing", lambda: "nothing" if not os.path.exists("/proc") or not os.listdir("/proc") else "much")
broker = "broker" not in degraded
ports = broker or not {"landlock", "landlock-net"} & set(degraded)
attempt("bind the base port", "OK", lambda: bind("127.0.0.1", base))
attempt("bind the base port on all addresses", "EACCES" if broker else "OK", lambda: bind("0.0.0.0", base))
attempt("bind base + 1", "EACCES" if ports else "OK", lambda: bind("127.0.0.1", base + 1))
attempt("bind 5353/udp", "EACCES" if broker else "OK", lambda: bind("0.0.0.0", 5353, socket.SOCK_DGRAM))
connects = not {"landlock", "landlock-net"} & set(degraded)
attempt("connect to port 8080", "EACCES" if connects else "ECONNREFUSED", lambda: connect(8080))
scoped = not {"landlock", "landlock-scope"} & set(degraded)
attempt("signal init", "EPERM" if scoped else "OK", lambda: os.kill(1, 15))
attempt("make a raw socket", "EPERM", lambda: bind("127.0.0.1", 0, socket.SOCK_RAW))
attempt("make a socket of AF_PACKET", "EAFNOSUPPORT", lambda: socket.socket(socket.AF_PACKET).close())
for name, number, arguments in [
    ("unshare a user namespace", 272, (0x10000000,)), ("mount", 165, (b"none", b"/tmp", b"tmpfs", 0, 0)),
    ("umount /usr", 166, (b"/usr", 2)), ("pivot_root", 155, (b"/tmp", b"/tmp")), ("keyctl", 250, (0, -3, 0)),
    ("bpf", 321, (0, 0, 0)), ("trace init", 101, (16, 1, 0, 0)), ("set the host name", 170, (b"x", 1)),
]:
    attempt(name, "EPERM", lambda: call(number, *arguments))
attempt("io_uring_setup", "ENOSYS", lambda: call(425, 1, 0))
attempt("become root", "EINVAL", lambda: os.setuid(0))
