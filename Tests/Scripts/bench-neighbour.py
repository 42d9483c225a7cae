#!/usr/bin/env python3
"""Measures what a profile notices of another one that uses up whatever it can.

As root, so that each of the two has a user ID of its own. While the payload of "main" holds all that it was given of one
resource after the other, "rescue" is asked for /health over new connections, and a third profile is started. The slowest
of each is what counts.

usage: bench-neighbour.py STAGE
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

STAGE = os.path.abspath(sys.argv[1])
HEALTH_BAR, START_BAR = 250.0, 500.0
PORT = 28389
PROBES = 20

# Each takes what there is, says so, and holds it.
PRELUDE = """
import array, ctypes, fcntl, os, select, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def until_refused(act):
    count, kept = 0, []
    try:
        while True:
            kept.append(act())
            count += 1
    except OSError:
        return count, kept
def hold(count):
    print(count, flush=True)
    while True: time.sleep(3600)
"""
HOGS = {
    "nothing": "hold(0)",
    "epoll watches": """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (16384, 16384))
files = [os.eventfd(0) for _ in range(4000)]
def fill():
    total, polls = 0, []
    for _ in range(12000):
        poll = select.epoll()
        polls.append(poll)
        for file in files:
            try: poll.register(file, select.EPOLLIN)
            except OSError: return total, polls
            total += 1
    return total, polls
hold(fill()[0])
""",
    "inotify": "hold(sum(1 for _ in iter(lambda: libc.inotify_init1(0) >= 0, False)))",
    "pending signals": """
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
libc.sigqueue.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
hold(sum(1 for _ in iter(lambda: libc.sigqueue(os.getpid(), 40, None) == 0, False)))
""",
    "pipe pages": """
def pipe():
    ends = os.pipe()
    fcntl.fcntl(ends[0], 1031, 1 << 20)
    return ends
hold(until_refused(pipe)[0])
""",
    "descriptors in flight": """
ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
ends[0].setblocking(False)
message = [b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 250))]
hold(250 * until_refused(lambda: ends[0].sendmsg(*message))[0])
""",
    "UDP ports": """
def bind():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("0.0.0.0", 0))
    return made
hold(until_refused(bind)[0])
""",
    "1,000 spinning processes": """
def spin():
    if os.fork() == 0:
        while True: pass
hold(until_refused(spin)[0])
""",
    "a fork bomb": """
print(0, flush=True)
while True:
    try: os.fork()
    except OSError: pass
""",
}

UNCOUNTED = ("nothing", "a fork bomb")


def start(launcher, profile, port, *command, **more):
    words = [launcher, "--profile", profile, "--port", str(port)]
    return subprocess.Popen(words + (["--", *command] if command else []), stderr=subprocess.DEVNULL, **more)


def health(port):
    begin = time.perf_counter_ns()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            if not json.load(answer)["ok"]:
                return float("inf")
    except OSError:
        return float("inf")
    return (time.perf_counter_ns() - begin) / 1e6


def measure(launcher, hog):
    """The slowest answer of the gateway and the slowest start beside one hog, in ms, and how much it took."""
    process = start(launcher, "main", PORT, "/usr/bin/python3", "-c", PRELUDE + HOGS[hog], stdout=subprocess.PIPE, text=True)
    try:
        taken = process.stdout.readline().strip()
        if hog not in UNCOUNTED and not int(taken or 0):
            sys.exit(f"bench: the hog of {hog} holds nothing")
        answers = [health(PORT + 128) for _ in range(PROBES)]
        starts = []
        for _ in range(PROBES):
            begin = time.perf_counter_ns()
            code = start(launcher, "third", PORT + 256, "/usr/bin/true").wait()
            starts.append((time.perf_counter_ns() - begin) / 1e6 if code == 0 else float("inf"))
        return max(answers), max(starts), taken
    finally:
        process.kill()
        process.wait()


def main():
    if os.getuid() != 0:
        print("neighbours: only root gives profiles user IDs of their own; run make bench as root")
        return
    base = tempfile.mkdtemp(prefix="mazelclaw-bench-")
    os.chmod(base, 0o755)
    misses = []
    try:
        shutil.copytree(STAGE, f"{base}/stage")
        launcher = f"{base}/stage/bin/mazelclaw-run"
        os.makedirs(f"{base}/state")
        os.environ.update(HOME=f"{base}/home", XDG_CONFIG_HOME=f"{base}/config", XDG_STATE_HOME=f"{base}/state")
        gateway = start(launcher, "rescue", PORT + 128, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while health(PORT + 128) == float("inf"):
                if time.monotonic() > deadline:
                    sys.exit("bench: the gateway did not answer")
            print(f"slowest of {PROBES} answers and starts of others while a profile holds all it can get, in ms:")
            for hog in HOGS:
                answer, begun, taken = measure(launcher, hog)
                isMissed = answer > HEALTH_BAR or begun > START_BAR
                if isMissed:
                    misses.append(hog)
                print(f"  {hog:26} {taken:>9}  /health {answer:7.1f} (bar {HEALTH_BAR:.0f})  start {begun:7.1f} "
                      f"(bar {START_BAR:.0f})  {'MISSED' if isMissed else 'ok'}", flush=True)
        finally:
            gateway.terminate()
            gateway.wait()
    finally:
        shutil.rmtree(base, ignore_errors=True)
    if misses:
        sys.exit("bench: missed: " + "; ".join(misses))


main()
