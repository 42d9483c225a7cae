"""The launcher of a host, installed, and what is tried inside its sandbox."""
import ctypes
import json
import os
import shutil
import socket
import subprocess

PREFIX = "/opt/mazelclaw"
RUN = f"{PREFIX}/bin/mazelclaw-run"
PROBE = f"{PREFIX}/probe/isolation-probe"
USER, USER_ID = "tester", 1500
HOME = f"/var/lib/{USER}"
PORTS = {"p": 28000, "neighbour": 28200}
# Tens of thousands of calls for the broker, which no unit and no setting changes: in the plain rows of a boot alone.
RACES = ["N28", "N29"]
# None of the tries met the other thread at work: it says nothing, for or against.
NO_RACE = "OK = no race"


class Ended:
    """What a command said and how it ended."""

    def __init__(self, code, output, errors):
        self.code, self.output, self.errors = code, output, errors

    @property
    def sentences(self):
        """The launcher's own sentences, without those about what the payload did, about a new profile, a shared user or a
        limit that nobody has set."""
        lines = [line.removeprefix("<4>") for line in self.errors.splitlines()]
        own = [line.removeprefix("mazelclaw-run: ") for line in lines if line.startswith("mazelclaw-run: ")]
        return [
            line for line in own
            if not line.startswith(("refused ", "made the profile ")) and " shares user ID " not in line
            and " has no limit on memory: " not in line
        ]


class Launcher:
    """Installs what is in `payload`, and starts it."""

    def __init__(self, payload, suite):
        shutil.copytree(f"{payload}/stage", PREFIX)
        os.mkdir(f"{PREFIX}/probe")
        shutil.copy(f"{payload}/isolation-probe", PROBE)
        subprocess.run(["useradd", "-m", "-d", HOME, "-u", str(USER_ID), USER], check=True)
        self.attempts = read_table(f"{payload}/attempts.tsv", 2)
        self.outcomes = read_table(f"{payload}/outcomes.tsv", 3)
        with open(f"{payload}/without_proc.py") as file:
            self.without_proc = file.read()
        self.objects = HostObjects()

    def options(self, row, profile="p"):
        """The options every start of a row has."""
        user = ["--user", USER] if row.is_root else []
        return ["--profile", profile, "--state-dir", row.state(profile), "--port", str(row.port(profile)), *user, *row.options,
                "--bind-ro", f"{PREFIX}/probe"]

    def start(self, row, payload, more=()):
        """The command line of a start."""
        return [RUN, *self.options(row), *more, "--", *payload]

    def command(self, row, command, *more):
        """The command line of a command about that start."""
        return [RUN, command, *self.options(row), *more]

    def prepare(self, row):
        """Makes the state directories as a first start would, and what nobody inside may read."""
        for profile in ["p", "neighbour"]:
            state = row.state(profile)
            if not state.startswith(HOME):
                continue
            shutil.rmtree(state, ignore_errors=True)
            os.mkdir(state, 0o700)
            shutil.chown(state, USER, USER)
        for file in [f"{HOME}/.mazelclaw-neighbour/secret", f"{HOME}/.ssh/id"]:
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "w") as secret:
                secret.write("secret")
            shutil.chown(file, USER, USER)

    def attempt(self, row):
        """Makes all attempts beside a running neighbour.

        Returns how the start ended, how many attempts were made, those that ended otherwise than they must, and those
        that proved nothing.
        """
        if "proc" in row.circumstances:
            return self.attempt_without_proc(row)
        other = row.beside([RUN, *self.options(row.neighbour, "neighbour"), "--", PROBE, "--serve"])
        try:
            first = other.stdout.readline()
            if first != "ready\n":
                return Ended(None, "", ""), 0, [f"the neighbour does not start: {first}{other.stderr.read()}"], []
            with open(f"{row.neighbour.state('neighbour')}/socket-name") as name:
                socket_name = name.read()
            facts = {
                "NEIGHBOUR_SOCKET": socket_name,
                "NEIGHBOUR_PORT": PORTS["neighbour"], "NEIGHBOUR_STATE": row.neighbour.state("neighbour"),
                "NEIGHBOUR_PROCESSES": ":".join(map(str, processes_of(other.pid))), "HOST_PROCESSES": os.getpid(),
                "HOST_SOCKET": self.objects.name, "HOST_MEMORY_KEY": self.objects.key,
                "HOST_FILES": f"{HOME}/.ssh/id:/etc/shadow:/root/.bashrc:/etc/mazelclaw/profiles/p.json",
            }
            more = [word for name, value in facts.items() for word in ["--env", f"PROBE_{name}={value}"]]
            tried = {key: right for key, right in self.attempts.items() if row.races or key[0] not in RACES}
            ended = row.run(self.start(row, [PROBE, *sorted({identity for identity, _ in tried})], more))
        finally:
            other.terminate()
            reached = other.communicate()[0]
        seen, faults, unproven = {}, [], []
        for line in ended.output.splitlines():
            record = json.loads(line)
            key = record["id"], record["act"]
            seen[key] = outcome(record)
            if seen[key] == NO_RACE:
                unproven.append(f"{' '.join(key)}: {record['value']}")
        if not seen:
            return ended, 0, ["nothing was tried"], []
        for key, right in tried.items():
            for circumstance in row.circumstances:
                right = self.outcomes.get((circumstance, *key), right)
            found = seen.get(key, "not tried")
            if found not in right:
                faults.append(f"{' '.join(key)}: {found}, not {' | '.join(right)}")
        # Where connections are not held by ports it is reached, and says so.
        if reached and "landlock-net" not in row.circumstances and "landlock" not in row.circumstances:
            faults.append("the neighbour was reached")
        return ended, len(seen), faults, unproven

    def attempt_without_proc(self, row):
        """Makes attempts in Python: Swift's runtime, which the probe has, does not start without /proc."""
        ended = row.run(self.start(row, ["/usr/bin/python3", "-c", self.without_proc]))
        lines = ended.output.splitlines()
        faults = [line for line in lines if not line.startswith("as it must be: ")]
        if len(lines) < 20:
            faults.append(f"only {len(lines)} attempts were made: {ended.errors}")
        return ended, len(lines), faults, []


class HostObjects:
    """Abstract sockets and a shared memory segment of the host, which nothing inside may reach."""

    def __init__(self):
        self.name, self.key = "mazelclaw-hosts", 0x6D617A65
        self.sockets = []
        for kind, suffix in [(socket.SOCK_STREAM, ""), (socket.SOCK_DGRAM, "-datagrams")]:
            holder = socket.socket(socket.AF_UNIX, kind)
            holder.bind("\0" + self.name + suffix)
            if kind == socket.SOCK_STREAM:
                holder.listen()
            self.sockets.append(holder)
        # IPC_CREAT is 0o1000 (shmget(2)).
        if ctypes.CDLL(None).shmget(self.key, 4096, 0o1666) < 0:
            raise OSError("shmget")


def outcome(record):
    """An attempt's outcome in the table's spelling."""
    value = record["value"]
    if record["errno"]:
        return record["errno"]
    if value is None:
        return "OK"
    # How often is for people to read.
    if record["id"] in RACES and value.startswith("no race: "):
        return NO_RACE
    return f"OK = {value}"


def processes_of(process):
    """A process and all below it, by number."""
    found = [process]
    for parent in found:
        with open(f"/proc/{parent}/task/{parent}/children") as file:
            found += map(int, file.read().split())
    return found


def read_table(path, keys):
    """Rows of a table whose first `keys` columns name the row; the last column holds outcomes."""
    table = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                fields = line.rstrip("\n").split("\t")
                table[tuple(fields[:keys])] = fields[keys].split(" | ")
    return table
