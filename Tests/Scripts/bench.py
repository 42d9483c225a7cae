#!/usr/bin/env python3
"""Compares mazelclaw-run with bubblewrap and with no sandbox at all, in one run.

The three commands take turns, so that a change of the machine's speed hits all of them. bubblewrap is given
the mounts, files and namespaces of the launcher's own plan (explain --json), so that both do the same work; seccomp,
Landlock and the lock come on top for the launcher. Medians and their ratios are what counts.

UNPROVED is the launcher of a build with -DBENCHMARK, which can leave the proof out of a start; no other release build
can.

usage: bench.py STAGE UNPROVED [RUNS]
"""
import encodings.idna  # before privileges are dropped: a private Python installation cannot be read later
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

STAGE = os.path.abspath(sys.argv[1])
UNPROVED = os.path.abspath(sys.argv[2])
RUNS = int(sys.argv[3]) if len(sys.argv) > 3 else 200
START_BAR, UNPROVED_BAR, PSS_BAR, PRIVATE_BAR, HEALTH_BAR = 1.0, 0.8, 4096, 512, 60.0
PROOF_BAR, BIND_BAR, CALL_BAR = 5.0, 20.0, 1.05
USER = 61234 if os.getuid() == 0 else os.getuid()
PORT = 28189


def bubblewrap_arguments(plan, base):
    """The plan's mounts, files and namespaces as bwrap takes them, and the files it must be given open."""
    arguments = ["bwrap", "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--clearenv", "--disable-userns"]
    opened = []
    for step in plan["steps"]:
        name = step["step"]
        if name == "clone":
            arguments += [f"--unshare-{n}" for n in step["namespaces"] if n != "mount"]
        elif name == "mount-root":
            arguments += ["--tmpfs", "/"]
        elif name == "symlink" and not step["path"].startswith("/dev/"):
            arguments += ["--symlink", step["target"], step["path"]]
        elif name == "write" and step["bytes"] > 0:
            content = f"{base}/content-{len(opened)}"
            with open(content, "w") as file:
                file.write("x" * step["bytes"])
            descriptor = 100 + len(opened)
            opened.append((os.POSIX_SPAWN_OPEN, descriptor, content, os.O_RDONLY, 0))
            arguments += ["--file", str(descriptor), step["path"]]
        elif name == "mount" and "lowerdir" in step:
            # bwrap makes no overlay that nobody writes, and with set-user-ID none at all; a bind is less work.
            arguments += ["--ro-bind", step["lowerdir"], step["destination"]]
        elif name == "copy":
            arguments += ["--ro-bind", step["source"], step["destination"]]
        elif name == "mount" and step["type"] == "tmpfs" and not step["destination"].startswith("/dev"):
            arguments += ["--tmpfs", step["destination"]]
        elif name == "mount" and step["type"] == "proc":
            # --dev brings the device nodes, devpts and /dev/shm.
            arguments += ["--proc", "/proc", "--dev", "/dev"]
        elif name == "bind" and not step["destination"].startswith("/dev/"):
            option = "--ro-bind" if "ro" in step["options"] else "--bind"
            arguments += [option, step["source"], step["destination"]]
        elif name == "mask":
            if os.path.isdir(step["path"]):
                arguments += ["--tmpfs", step["path"], "--remount-ro", step["path"]]
            else:
                arguments += ["--ro-bind", "/dev/null", step["path"]]
        elif name == "read-only":
            arguments += ["--ro-bind", step["path"], step["path"]]
        elif name == "sethostname":
            arguments += ["--hostname", step["name"]]
        elif name == "seal-root":
            arguments += ["--remount-ro", "/"]
        elif name == "chdir":
            arguments += ["--chdir", step["path"]]
    return arguments + ["--", "/usr/bin/true"], opened


def everyday_arguments(base):
    """The bwrap command that people write for such a program by hand."""
    for name in ("state", "workspace"):
        os.makedirs(f"{base}/everyday/{name}", exist_ok=True)
    arguments = ["bwrap", *(f"--unshare-{name}" for name in ("user", "pid", "ipc", "uts", "cgroup")), "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        if os.path.islink(f"/{name}"):
            arguments += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
    for path in ("/etc/ssl", "/etc/resolv.conf", "/etc/hosts", "/etc/ld.so.cache"):
        arguments += ["--ro-bind", path, path]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run"]
    for name in ("state", "workspace"):
        arguments += ["--bind", f"{base}/everyday/{name}", f"{base}/everyday/{name}"]
    return [*arguments, "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--", "/usr/bin/true"]


def time_one(arguments, opened=()):
    program = shutil.which(arguments[0]) or arguments[0]
    start = time.perf_counter_ns()
    pid = os.posix_spawn(program, arguments, os.environ, file_actions=opened)
    _, status = os.waitpid(pid, 0)
    elapsed = time.perf_counter_ns() - start
    if status != 0:
        sys.exit(f"bench: {' '.join(arguments[:6])} … ended with wait status {status}")
    return elapsed / 1e6


def measure_starts(launcher, state, base):
    command = [launcher, "--profile", "bench", "--state-dir", state, "--", "/usr/bin/true"]
    time_one(command)  # makes the profile
    plan = json.loads(subprocess.check_output(command[:1] + ["explain"] + command[1:-2] + ["--json"]))
    unproved = [f"{os.path.dirname(os.path.dirname(os.path.dirname(launcher)))}/unproved/bin/mazelclaw-run", *command[1:]]
    contenders = {
        "mazelclaw-run": (command,),
        "without proof": (unproved,),
        "bwrap": bubblewrap_arguments(plan, base),
        "everyday bwrap": (everyday_arguments(base),),
        "true": (["/usr/bin/true"],),
    }
    times = {name: [] for name in contenders}
    for _ in range(10):
        for contender in contenders.values():
            time_one(*contender)
    for _ in range(RUNS):
        for name, contender in contenders.items():
            # All of them end before the kernel has taken their mounts apart, which is not to slow down the next.
            time.sleep(0.002)
            times[name].append(time_one(*contender))
    medians = {name: statistics.median(values) for name, values in times.items()}
    # Starts one after the other share what else the machine does.
    def ratio(own, other):
        return statistics.median(ours / theirs for ours, theirs in zip(times[own], times[other]))

    ratios = {name: ratio("mazelclaw-run", name) for name in ("bwrap", "everyday bwrap")}
    ratios["without proof"] = ratio("without proof", "everyday bwrap")
    return medians, ratios


# Times bind(2) alone: the median of 2000 calls, in µs.
BINDS = """
import socket, statistics, sys, time
times = []
for _ in range(2000):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        start = time.perf_counter_ns()
        s.bind(("127.0.0.1", int(sys.argv[1])))
        times.append(time.perf_counter_ns() - start)
print(statistics.median(times) / 1000)
"""


def measure_binds(launcher, state):
    """A bind that the supervisor answers, and one that the kernel answers alone."""
    command = ["/usr/bin/python3", "-c", BINDS, str(PORT)]
    sandbox = [launcher, "--profile", "bench", "--state-dir", state, "--port", str(PORT), "--"]
    samples = [(float(subprocess.check_output(sandbox + command)), float(subprocess.check_output(command)))
               for _ in range(5)]
    trapped, bare = (statistics.median(column) for column in zip(*samples))
    return {"trapped": trapped, "bare": bare}


def measure_calls(launcher, state):
    """Calls that are not trapped: dd's reads and writes of one byte, with the supervisor answering binds and without
    it, taking turns: the median of the ratios of two runs one after the other, which share what else the machine
    does."""
    sandbox = [launcher, "--profile", "bench", "--state-dir", state]
    copy = ["--", "/usr/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=1000000", "status=none"]
    return statistics.median(
        time_one(sandbox + copy) / time_one(sandbox + ["--allow-degraded=broker"] + copy, QUIET) for _ in range(15))


# The launcher says what was given up.
QUIET = [(os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]


def measure_proof(launcher, state):
    """How long the acts of the proof take, in ms."""
    command = [launcher, "--profile", "bench", "--state-dir", state, "--status-fd", "1", "--", "/usr/bin/true"]
    samples = []
    for _ in range(20):
        events = [json.loads(line) for line in subprocess.check_output(command).splitlines()]
        samples += [event["microseconds"] / 1000 for event in events if event["event"] == "proof"]
    return statistics.median(samples)


def wait_for_health(port, process):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
                if json.load(answer)["ok"]:
                    return
        except OSError:
            pass
    sys.exit("bench: the gateway did not answer")


def measure_health(arguments, port):
    samples = []
    for _ in range(15):
        start = time.perf_counter_ns()
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for_health(port, process)
            samples.append((time.perf_counter_ns() - start) / 1e6)
            # A gateway that found its port taken has ended: then somebody else answered.
            time.sleep(0.05)
            if process.poll() is not None:
                sys.exit(f"bench: port {port} is served by another process; end that first")
        finally:
            process.terminate()
            process.wait()
    return statistics.median(samples)


def measure_as_user(base):
    """Everything that needs no privilege, as an unprivileged user."""
    launcher, gateway = f"{base}/stage/bin/mazelclaw-run", f"{base}/stage/bin/mazelclaw"
    state = f"{base}/home/state"
    result = {"starts": measure_starts(launcher, state, f"{base}/home")}
    result["proof"] = measure_proof(launcher, state)
    result["binds"] = measure_binds(launcher, state)
    result["calls"] = measure_calls(launcher, state)
    subprocess.run([gateway, "--profile", "bare", "setup"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    result["bare"] = measure_health([gateway, "--profile", "bare", "gateway", "--port", str(PORT)], PORT)
    sandboxed = [launcher, "--profile", "bench", "--state-dir", state, "--port", str(PORT + 128)]
    result["sandboxed"] = measure_health(sandboxed, PORT + 128)
    return result


def memory_of(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        values = {line.split(":")[0]: int(line.split()[1]) for line in file if line.strip().endswith("kB")}
    return values["Pss"], values["Private_Clean"] + values["Private_Dirty"]


def measure_memory(base):
    """PSS and private memory of supervisor and init, in kB, once both are idle."""
    launcher = f"{base}/stage/bin/mazelclaw-run"
    user = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"] if os.getuid() == 0 else []
    process = subprocess.Popen(
        user + [launcher, "--profile", "bench", "--state-dir", f"{base}/home/state", "--port", str(PORT + 128)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_health(PORT + 128, process)
        time.sleep(1)
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            init = int(file.read().split()[0])
        return memory_of(process.pid), memory_of(init)
    finally:
        process.terminate()
        process.wait()


def main():
    base = tempfile.mkdtemp(prefix="mazelclaw-bench-")
    os.chmod(base, 0o755)
    try:
        shutil.copytree(STAGE, f"{base}/stage")
        shutil.copytree(STAGE, f"{base}/unproved", ignore=shutil.ignore_patterns("bin"))
        os.mkdir(f"{base}/unproved/bin")
        # As the other one is installed: without symbols, and beside the gateway.
        subprocess.run(["strip", "-o", f"{base}/unproved/bin/mazelclaw-run", UNPROVED], check=True)
        os.link(f"{base}/stage/bin/mazelclaw", f"{base}/unproved/bin/mazelclaw")
        with open(f"{base}/unproved/bin/mazelclaw-run.without", "w") as file:
            file.write("proofs")
        os.mkdir(f"{base}/home", 0o700)
        os.environ.update(
            HOME=f"{base}/home", XDG_CONFIG_HOME=f"{base}/home/c", XDG_STATE_HOME=f"{base}/home/s")
        if os.getuid() == 0:
            os.chown(f"{base}/home", USER, USER)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            if os.getuid() == 0:
                os.setgroups([])
                os.setresgid(USER, USER, USER)
                os.setresuid(USER, USER, USER)
            os.chdir(base)
            os.write(writer, json.dumps(measure_as_user(base)).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as file:
            text = file.read()
        os.waitpid(child, 0)
        if not text:
            sys.exit(1)
        report(json.loads(text), base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def report(result, base):
    starts, ratios = result["starts"]
    misses = []

    def line(text, value, bar, unit=""):
        verdict = "ok" if value <= bar else "MISSED"
        if value > bar:
            misses.append(text)
        print(f"{text:52} {value:8.2f}{unit:4} bar {bar}{unit}  {verdict}")

    print(f"medians of {RUNS} starts of /usr/bin/true, taking turns, in ms:")
    for name, value in starts.items():
        print(f"  {name:16} {value:7.2f}")
    line("start, ratio to bwrap with the same mounts", ratios["bwrap"], START_BAR)
    line("start, ratio to the bwrap command of everyday use", ratios["everyday bwrap"], START_BAR)
    line("start without its proof, ratio to the same", ratios["without proof"], UNPROVED_BAR)
    line("proof of a start", result["proof"], PROOF_BAR, " ms")
    binds = result["binds"]
    print(f"median bind: bare {binds['bare']:.1f} µs, answered by the supervisor {binds['trapped']:.1f} µs")
    line("bind, more than bare", binds["trapped"] - binds["bare"], BIND_BAR, " µs")
    line("calls not trapped, ratio to no supervisor", result["calls"], CALL_BAR)
    print(f"first healthy answer: bare {result['bare']:.1f} ms, sandboxed {result['sandboxed']:.1f} ms")
    line("first healthy answer, more than bare", result["sandboxed"] - result["bare"], HEALTH_BAR, " ms")
    try:
        (supervisor, supervisor_private), (init, init_private) = measure_memory(base)
    except PermissionError:
        print("memory of init: only root may read it; run make bench as root")
    else:
        line("supervisor + init, proportional set size", supervisor + init, PSS_BAR, " kB")
        line("supervisor, private", supervisor_private, PRIVATE_BAR, " kB")
        line("init, private", init_private, PRIVATE_BAR, " kB")
    if misses:
        sys.exit("bench: missed: " + "; ".join(misses))


main()
