"""Rows about what the profile says in "limits": cgroups of version 2, which only a booted machine has for units to divide."""
import contextlib
import json
import os
import re
import shutil

from launcher import HOME, PREFIX, RUN, USER
from units import STARTS, Unit

LIMITS = {"memory": "128m", "tasks": 24}
# Writes so many MiB to memory, then ends well.
HOG = "import sys; block = b'x' * (int(sys.argv[1]) << 20); print('kept', len(block) >> 20)"
# Starts processes until the kernel gives no more, and says how many there were.
FORKS = """
import os, signal
children = []
try:
    while len(children) < 500:
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
except OSError as error:
    print(error.errno)
print(len(children))
"""
ENDED = re.compile(r'the kernel ended the sandbox at its memory limit of 128m, having used 12[0-9] MiB at most; raise "memory" '
                   r'in "limits" of the profile if that is what it needs')


class Limited(Unit):
    """A start with limits, of a profile with a file of its own, by a unit."""

    def __init__(self, start, act, older, delegates=True, given=""):
        properties = ["Delegate=yes"] if delegates else ["Delegate=no"]
        super().__init__(f"limits, {act.__name__.replace('_', ' ')}", start, properties, given=",".join(filter(None, [older, given])))
        self.act = act

    def profile(self):
        """Writes the profile file of the one who starts it."""
        administrators, users = "/etc/mazelclaw/profiles", f"{HOME}/.config/mazelclaw/profiles"
        # The administrator's decides where both have one.
        for directory in [administrators, users]:
            with contextlib.suppress(FileNotFoundError):
                os.remove(f"{directory}/limited.json")
        directory = administrators if self.is_root else users
        os.makedirs(directory, exist_ok=True)
        path = f"{directory}/limited.json"
        state = f"{HOME}/.mazelclaw-limited"
        with open(path, "w") as file:
            json.dump({"basePort": 28600, "stateDirectory": state, "limits": LIMITS,
                       **({"user": USER} if self.is_root else {})}, file)
        shutil.rmtree(state, ignore_errors=True)
        os.mkdir(state, 0o700)
        shutil.chown(state, USER, USER)
        if not self.is_root:
            for place in [f"{HOME}/.config", f"{HOME}/.config/mazelclaw", directory, path]:
                shutil.chown(place, USER, USER)

    def begin(self, *payload):
        """Runs a payload under the limits, or under those of this row that are not given up."""
        return self.run([RUN, "--profile", "limited", *self.options, "--", *payload])

    def compare(self, launcher):
        self.profile()
        faults = []
        ended = self.act(self, faults)
        return {"code": ended.code, "doctor": None, "attempts": 0, "says": "", "faults": faults}


def expect(faults, what, found, right):
    """Notes what is not as it must be."""
    if found != right:
        faults.append(f"{what}: {found!r}, not {right!r}")


def memory_beyond_the_limit(row, faults):
    """The whole sandbox is ended, and told why. What runs beside it goes on."""
    ended = row.begin("/usr/bin/python3", "-c", HOG, "400")
    expect(faults, "exit status", ended.code, 137)
    expect(faults, "output", ended.output, "")
    if not ended.sentences or not ENDED.fullmatch(ended.sentences[-1]):
        faults.append(f"says {ended.sentences}")
    denials = row.run([RUN, "denials", "--profile", "limited", "--json"])
    state = "/var/lib/mazelclaw-run" if row.is_root else f"{HOME}/.local/state/mazelclaw"
    with open(f"{state}/audit/limited.jsonl") as log:
        last = json.loads(log.read().splitlines()[-1])
    expect(faults, "audit log", (last.get("event"), last.get("code"), last.get("limit")), ("out-of-memory", 137, 128 << 20))
    expect(faults, "denials", denials.code, 0)
    status = row.run(["/usr/bin/env", f"HOME={HOME}", f"{PREFIX}/bin/mazelclaw", "--profile", "limited", "status", "--json", "--timeout", "50"])
    end = json.loads(status.output).get("lastEnd") or {}
    expect(faults, "status", (end.get("event"), end.get("limit")), ("out-of-memory", 128 << 20))
    # The next start counts anew.
    again = row.begin("/usr/bin/python3", "-c", HOG, "40")
    expect(faults, "the next start", (again.code, again.output), (0, "kept 40\n"))
    return ended


def memory_within_the_limit(row, faults):
    """The permitted act."""
    ended = row.begin("/usr/bin/python3", "-c", HOG, "60")
    expect(faults, "exit", (ended.code, ended.output), (0, "kept 60\n"))
    return ended


def tasks(row, faults):
    """Processes end at the limit, and so many there may be."""
    ended = row.begin("/usr/bin/python3", "-c", FORKS)
    expect(faults, "exit status", ended.code, 0)
    words = ended.output.split()
    # EAGAIN is 11; init and the payload's process count too.
    expect(faults, "forks", words, ["11", str(LIMITS["tasks"] - 2)])
    return ended


def own_root(row, faults):
    """Inside, the sandbox's cgroup is the root of all there is."""
    ended = row.begin("/usr/bin/cat", "/proc/self/cgroup")
    expect(faults, "exit", (ended.code, ended.output), (0, "0::/\n"))
    return ended


def nothing_delegated(row, faults):
    """Without Delegate= limits cannot be held, and nothing runs."""
    ended = row.begin("/usr/bin/echo", "ran")
    expect(faults, "exit", (ended.code, ended.output), (69, ""))
    step = "cgroup memory.max=134217728 memory.swap.max=0 memory.oom.group=1 pids.max=24"
    expect(faults, "says", ended.sentences[-1:], [
        f'this host cannot hold the guarantee "limits": step "{step}" failed: EACCES (Permission denied): the service manager '
        "has not delegated the cgroup of mazelclaw-row.service; set Delegate=yes in the unit, or give it up by name with "
        "--allow-degraded=limits"])
    return ended


def given_up(row, faults):
    """Given up by name, the payload runs without limits."""
    ended = row.begin("/usr/bin/python3", "-c", HOG, "200")
    expect(faults, "exit", (ended.code, ended.output), (0, "kept 200\n"))
    expect(faults, "says", ended.sentences, [f"degraded, as asked: {', '.join(row.given)}"])
    return ended


def doctor(row, faults):
    """The doctor comes to the same verdict as a start."""
    ended = row.run([RUN, "doctor", "--profile", "limited", *row.options, "--json"])
    report = json.loads(ended.output)
    expect(faults, "verdict", (ended.code, report["verdict"]), (0, "a start works on this host"))
    held = {check["name"]: check["held"] for check in report["checks"]}
    expect(faults, "checks", (held["cgroup delegation"], held["memory limit"]), (True, True))
    return ended


def limits(older):
    """The rows. `older` is what a kernel that is too old makes every start give up."""
    rows = []
    for start in STARTS:
        rows += [Limited(start, act, older) for act in [
            memory_beyond_the_limit, memory_within_the_limit, tasks, own_root, doctor]]
        # A user's own manager leaves no trace of Delegate= in the kernel: there the user may divide every unit's cgroup.
        if start != "user manager":
            rows.append(Limited(start, nothing_delegated, older, delegates=False))
        rows.append(Limited(start, given_up, older, delegates=False, given="limits"))
    return rows
