# What an agent that was talked into it tries from a tool: each line of the output is an attempt and how it ended.
# arguments: KIND STATE GATEWAY_PID PORT
import ctypes
import errno
import fcntl
import mmap
import os
import resource
import socket
import subprocess
import sys

KIND, STATE, GATEWAY, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
libc = ctypes.CDLL(None, use_errno=True)
GROUP = {"tool-run": "K", "tool-network": "W"}[KIND]


def attempt(number, act, body):
    try:
        value = body()
        outcome = "OK" if value is None or value == b"" else f"OK = {value}"
    except OSError as error:
        outcome = errno.errorcode.get(error.errno, str(error.errno))
    print(f"{GROUP}{number}\t{act}\t{outcome}", flush=True)


def call(number, *arguments):
    """A system call by its number; its result is of no interest."""
    if libc.syscall(number, *arguments) == -1:
        raise OSError(ctypes.get_errno(), "")


def read(path):
    with open(path, "rb") as file:
        file.read(64)


def write(path):
    with open(path, "wb") as file:
        file.write(b"changed")


def through_link(target):
    if os.path.lexists("link"):
        os.unlink("link")
    os.symlink(target, "link")
    read("link")


def by_name_only(path):
    """Through a descriptor that names a place, and opens nothing itself."""
    place = os.open(os.path.dirname(path), os.O_PATH)
    try:
        os.close(os.open(os.path.basename(path), os.O_RDONLY, dir_fd=place))
    finally:
        os.close(place)


def run(*words, **more):
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    if done.returncode:
        raise OSError(errno.ECHILD, "")


def in_child(body):
    child = os.fork()
    if child == 0:
        try:
            body()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise OSError(code, "")


def connect(port):
    with socket.socket() as made:
        made.settimeout(5)
        made.connect(("127.0.0.1", port))


def bind(family, address):
    with socket.socket(family) as made:
        made.bind(address)


SECRET = STATE + "/secret"
VARIABLES = {
    "COLORTERM", "HOME", "LANG", "LANGUAGE", "LOGNAME", "NO_COLOR", "PATH", "PWD", "SHELL", "TERM", "TMPDIR", "TZ", "USER",
}


def files():
    for name in ["linked", "made-2", "made-3"]:
        if os.path.exists(name):
            os.unlink(name)
    attempt("01", "read a file of the state directory", lambda: read(SECRET))
    attempt("01", "read it by ..", lambda: read("../secret"))
    attempt("01", "read it by a link in the workspace", lambda: through_link(SECRET))
    attempt("01", "read it by /proc/self/root", lambda: read("/proc/self/root" + SECRET))
    attempt("01", "read it by /proc/self/cwd", lambda: read("/proc/self/cwd/../secret"))
    attempt("01", "read it by the gateway's root", lambda: read(f"/proc/{GATEWAY}/root{SECRET}"))
    attempt("01", "read it by the gateway's directory", lambda: read(f"/proc/{GATEWAY}/cwd/secret"))
    attempt("01", "read it by a descriptor that names its directory", lambda: by_name_only(SECRET))
    attempt("01", "read the database", lambda: read(STATE + "/mazelclaw.sqlite"))
    attempt("01", "read the TLS key", lambda: read(STATE + "/gateway-key.pem"))
    attempt("01", "link it into the workspace", lambda: os.link(SECRET, "linked"))
    attempt("01", "move it into the workspace", lambda: os.rename(SECRET, "moved"))
    attempt("01", "list the state directory", lambda: os.listdir(STATE) and None)
    attempt("01", "read a file of the workspace", lambda: read("own"))
    attempt("01", "list the workspace", lambda: os.listdir(".") and None)
    attempt("02", "change it", lambda: write(SECRET))
    attempt("02", "cut it off", lambda: os.truncate(SECRET, 0))
    attempt("02", "remove it", lambda: os.unlink(SECRET))
    attempt("02", "make a file beside it", lambda: write(STATE + "/planted"))
    attempt("02", "make a directory beside it", lambda: os.mkdir(STATE + "/planted"))
    attempt("02", "make a link beside it", lambda: os.symlink("/etc/passwd", STATE + "/planted"))
    attempt("02", "move a file there", lambda: os.rename("own", STATE + "/planted"))
    attempt("02", "let others write it", lambda: os.chmod(SECRET, 0o666))
    attempt("02", "give it another owner", lambda: os.chown(SECRET, os.getuid(), os.getgid()))
    attempt("02", "give it an extended attribute", lambda: os.setxattr(SECRET, "user.x", b"x"))
    attempt("02", "watch the state directory", lambda: call(254, call_number(libc.inotify_init1(0)), STATE.encode(), 0xFFF))
    attempt("02", "set-user-ID a file of the workspace", lambda: os.chmod("own", 0o4755))
    attempt("02", "make a device", lambda: os.mknod("device", 0o020600, os.makedev(1, 1)))
    attempt("02", "change a file of the workspace", lambda: write("made"))
    attempt("02", "link a file of the workspace", lambda: os.link("made", "made-2"))
    attempt("02", "move a file of the workspace", lambda: os.rename("made-2", "made-3"))
    attempt("02", "make one executable", lambda: os.chmod("script", 0o755))
    attempt("02", "copy a file with its attributes", lambda: run("cp", "-p", "own", "copy"))
    attempt("03", "execute a program of the workspace", lambda: run("./script"))
    attempt("03", "execute a program of the system's", lambda: run("/usr/bin/env", "true"))
    attempt("03", "write the temporary directory", lambda: write(os.environ["TMPDIR"] + "/x"))
    attempt("03", "write /tmp", lambda: write("/tmp/mazelclaw-cage-test"))
    attempt("03", "write /dev/null", lambda: write("/dev/null"))
    attempt("03", "read /dev/urandom", lambda: read("/dev/urandom"))
    attempt("03", "list the root", lambda: os.listdir("/") and None)
    attempt("03", "list /tmp", lambda: os.listdir("/tmp") and None)
    attempt("03", "write /dev/shm", lambda: write("/dev/shm/mazelclaw-cage-test"))
    attempt("03", "read the names of users", lambda: read("/etc/passwd"))
    attempt("03", "read the host's shadow", lambda: read("/etc/shadow"))
    attempt("03", "read the policies of the host", lambda: os.listdir("/etc/mazelclaw") and None)


def call_number(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "")
    return result


def gateway():
    for name in ["environ", "mem", "maps", "auxv"]:
        attempt("04", f"read the gateway's {name}", lambda: read(f"/proc/{GATEWAY}/{name}"))
    attempt("04", "list its descriptors", lambda: os.listdir(f"/proc/{GATEWAY}/fd") and None)
    attempt("04", "trace it", lambda: call(101, 16, GATEWAY, 0, 0))
    buffer = ctypes.create_string_buffer(16)
    attempt("04", "read its memory", lambda: call(310, GATEWAY, buffer, 1, buffer, 1, 0))
    attempt("04", "write its memory", lambda: call(311, GATEWAY, buffer, 1, buffer, 1, 0))
    pidfd = os.pidfd_open(GATEWAY)
    attempt("04", "take a descriptor of its", lambda: call(438, pidfd, 0, 0))
    attempt("04", "compare it", lambda: call(312, os.getpid(), GATEWAY, 2, 0, 0))
    attempt("05", "send it the null signal", lambda: os.kill(GATEWAY, 0))
    attempt("05", "send its thread the null signal", lambda: call(200, GATEWAY, 0))
    attempt("05", "send it the null signal by a descriptor", lambda: call(424, pidfd, 0, 0, 0))
    attempt("05", "send the helper the null signal", lambda: os.kill(os.getppid(), 0))
    os.close(pidfd)
    attempt("05", "send another process of the cage the null signal", lambda: in_child(lambda: os.kill(os.getppid(), 0)))
    attempt("06", "give it a limit", lambda: resource.prlimit(GATEWAY, resource.RLIMIT_CPU, (1, 1)))
    attempt("06", "lower its priority", lambda: os.setpriority(os.PRIO_PROCESS, GATEWAY, 19))
    attempt("06", "lower the priority of all of its user's", lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
    attempt("06", "keep it to one processor", lambda: os.sched_setaffinity(GATEWAY, {0}))
    attempt("06", "lower one's own priority", lambda: os.setpriority(os.PRIO_PROCESS, 0, 5))
    attempt("06", "keep oneself to one processor", lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))


def network():
    for name in ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"]:
        kind = socket.SOCK_RAW if name in ("AF_NETLINK", "AF_PACKET") else socket.SOCK_STREAM
        if name == "AF_ALG":
            kind = socket.SOCK_SEQPACKET
        attempt("07", f"make a socket of {name}", lambda: socket.socket(getattr(socket, name), kind).close())
    attempt("07", "make a socket of UDP", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close())
    attempt("07", "make a pair of sockets", lambda: [end.close() for end in socket.socketpair()] and None)
    attempt("08", "connect to the gateway's port", lambda: connect(PORT))
    attempt("08", "connect to its control port", lambda: connect(PORT + 2))
    attempt("08", "connect to its first DevTools port", lambda: connect(PORT + 11))
    attempt("08", "connect to port 1", lambda: connect(1))
    attempt("08", "bind a port", lambda: bind(socket.AF_INET, ("127.0.0.1", PORT + 1)))
    attempt("08", "bind any port", lambda: bind(socket.AF_INET, ("127.0.0.1", 0)))
    attempt("08", "bind an abstract name", lambda: bind(socket.AF_UNIX, "\0mazelclaw"))
    attempt("08", "listen without a name", lambda: socket.socket().listen())


def privileges():
    attempt("09", "nest a user namespace", lambda: in_child(lambda: call(272, 0x10000000)))
    attempt("09", "nest a mount namespace", lambda: in_child(lambda: call(272, 0x20000)))
    attempt("09", "clone into a namespace", lambda: call(56, 0x10000000 | 17, 0, 0, 0, 0))
    attempt("09", "mount", lambda: call(165, b"none", b".", b"tmpfs", 0, 0))
    attempt("09", "change the root", lambda: os.chroot("."))
    attempt("09", "use BPF", lambda: call(321, 0, 0, 0))
    attempt("09", "use a key", lambda: call(250, 0, -3, 0, 0, 0))
    attempt("09", "count events of the processor", lambda: call(298, 0, 0, -1, -1, 0))
    attempt("09", "handle page faults", lambda: call(323, 0))
    attempt("09", "use io_uring", lambda: call(425, 1, 0))
    attempt("09", "open a file by its handle", lambda: call(303, -100, STATE.encode(), 0, 0, 0))
    attempt("09", "make a memory segment that stays", lambda: call(29, 0, 4096, 0o1600))
    attempt("09", "make a message queue that stays", lambda: call(68, 0, 0o1600))
    attempt("09", "make a semaphore that stays", lambda: call(64, 0, 1, 0o1600))
    attempt("09", "leave the memory layout fixed", lambda: call(135, 0x0040000))
    attempt("09", "make memory without a name", lambda: mmap.mmap(-1, 4096).close())
    attempt("09", "restrict oneself further", lambda: in_child(lambda: call(157, 38, 1, 0, 0, 0)))


def state():
    status = libc.prctl(39, 0, 0, 0, 0)
    attempt("10", "whether no program gains privileges", lambda: status)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    call(125, ctypes.byref(header), ctypes.byref(sets))
    attempt("10", "capabilities", lambda: sum(sets))
    attempt("10", "leader of the session", lambda: os.getsid(0) == os.getpid())
    descriptors = [number for number in range(3, 4096) if is_open(number)]
    attempt("10", "open descriptors", lambda: descriptors)
    unlisted = sorted(name for name in os.environ if name not in VARIABLES and not name.startswith("LC_"))
    attempt("10", "variables that the policy does not list", lambda: unlisted)
    attempt("10", "whether the path of programs is the system's", lambda: os.environ["PATH"].startswith("/usr/local/sbin:"))
    attempt("10", "whether home is the workspace", lambda: os.path.samefile(os.environ["HOME"], "."))
    attempt("10", "limit on core dumps", lambda: 0 <= resource.getrlimit(resource.RLIMIT_CORE)[1] <= 1)
    attempt("10", "limit on processes", lambda: 0 <= resource.getrlimit(resource.RLIMIT_NPROC)[1] <= 1024)
    attempt("10", "limit on files", lambda: 0 <= resource.getrlimit(resource.RLIMIT_FSIZE)[1] <= 4 << 30)
    raised = (ctypes.c_uint64 * 2)(4096, 4096)
    attempt("10", "raise the limit on processes", lambda: call(160, resource.RLIMIT_NPROC, raised))


def is_open(number):
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
        return True
    except OSError:
        return False


files()
gateway()
network()
privileges()
state()
