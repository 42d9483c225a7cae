#!/usr/bin/env python3
"""Leaves out each layer of the isolation in turn, and requires that somebody notices.

Tests/IsolationTests/layers.tsv says who: the start itself, by its proof, and with that left out too the named tests of
the isolation suite, each of them in every way of starting. With no layer left out the same tests must pass. The
launcher is the debug build's, which a file beside it tells what to leave out; a release build has no such thing.

usage: mutation.py STAGE TEST_BUNDLE [LAYER...]
"""
import collections
import ctypes
import encodings.idna  # before privileges are dropped: a private Python installation cannot be read later
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

STAGE, BUNDLE = map(os.path.abspath, sys.argv[1:3])
TABLE = "Tests/IsolationTests/layers.tsv"
ROWS = "an attempt ends as the table says"
USER = 61234 if os.getuid() == 0 else os.getuid()
# Only root can give a profile a user ID, and these tests are root's alone: they name no way of starting.
ROOT_ONLY = {"own-user-id"}
STARTINGS = ["root", "unprivileged"] if os.getuid() == 0 else ["unprivileged"]
# What a profile must say for its plan to have the layer.
KEYS = {"network-namespace": {"network": "none"}}
TEST_LIMIT, START_LIMIT = 300, 20


class Layer(collections.namedtuple("Layer", "name words tests")):
    """A line of the table. What `tests` holds is a test's name, or that of the table of attempts and a row of it."""

    @staticmethod
    def parse(line):
        name, words, tests = line.rstrip("\n").split("\t")
        return Layer(name, None if words == "-" else words, [Layer.test(text) for text in tests.split(" | ")])

    @staticmethod
    def test(text):
        return (ROWS, text) if re.match(r"[A-Z][0-9]{2} ", text) else (text, None)


def read_table(name=TABLE):
    with open(name) as file:
        return [Layer.parse(line) for line in file if not line.startswith("#")]


class Mutant:
    """A staged copy of the debug build that leaves out what it is told to."""

    def __init__(self, base, program="mazelclaw-run"):
        self.root = f"{base}/stage"
        self.launcher = f"{self.root}/bin/{program}"
        shutil.copytree(STAGE, self.root)
        shutil.copy(f"{os.path.dirname(BUNDLE)}/{program}", self.launcher)
        os.chmod(self.launcher, 0o755)

    def leave_out(self, *words):
        with open(f"{self.launcher}.without", "w") as file:
            file.write(" ".join(words))

    def leave_out_nothing(self):
        if os.path.exists(f"{self.launcher}.without"):
            os.remove(f"{self.launcher}.without")


def descendants():
    """The processes below this one, those that were left behind among them."""
    children = collections.defaultdict(list)
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                children[int(file.read().rsplit(")", 1)[1].split()[1])].append(int(name))
        except OSError:
            continue
    found, pending = [], [os.getpid()]
    while pending:
        below = children[pending.pop()]
        found += below
        pending += below
    return found


def end_leftovers():
    """Ends what a launcher without its layer has left running, and reaps it."""
    while pids := descendants():
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            while os.waitpid(-1, 0):
                continue
        except ChildProcessError:
            continue


def run(words, limit, **more):
    """The exit code and all output; a code of None when the time was up."""
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        **more,
    ) as process:
        try:
            output = process.communicate(timeout=limit)[0]
        except subprocess.TimeoutExpired:
            end_leftovers()
            return None, ""
    end_leftovers()
    return process.returncode, output


# The start itself


def start(mutant, base, starting, command, keys=None):
    """One start on a host of its own, of a profile with these keys beside its base port."""
    home = tempfile.mkdtemp(dir=base)
    os.chmod(home, 0o755)
    os.chown(home, USER if starting == "unprivileged" else 0, -1)
    os.makedirs(f"{home}/payload")
    os.chown(f"{home}/payload", USER, USER)
    if keys:
        directory = f"{home}/config/mazelclaw/profiles"
        os.makedirs(directory)
        with open(f"{directory}/p.json", "w") as file:
            json.dump({"basePort": 28400, **keys}, file)
        owner = USER if starting == "unprivileged" else 0
        for path in (f"{home}/config", f"{home}/config/mazelclaw", directory, f"{directory}/p.json"):
            os.chown(path, owner, -1)
    words = [mutant.launcher, "--profile", "p", "--port", "28400", "--state-dir", f"{home}/payload/state"]
    more = {}
    if starting == "root":
        words += ["--user", f"{USER}:{USER}"]
    elif os.getuid() == 0:
        more = {"user": USER, "group": USER, "extra_groups": []}
    environment = {"HOME": home, "PATH": "/usr/bin:/bin"}
    for name in ("CONFIG", "STATE"):
        environment[f"XDG_{name}_HOME"] = f"{home}/{name.lower()}"
    return run(words + ["--"] + command, START_LIMIT, env=environment, **more)


def refusal(mutant, base, layer):
    """What is wrong with how a start without `layer` is refused, or None."""
    for starting in STARTINGS:
        code, output = start(mutant, base, starting, ["echo", "the payload ran"], KEYS.get(layer.name))
        sentences = [line for line in output.splitlines() if line.startswith("mazelclaw-run: ")]
        if "the payload ran" in output or code not in (69, 125):
            return f"started by {starting} it is not refused, but ends with {code}"
        if layer.words not in sentences[-1]:
            return f"started by {starting} it is refused with other words: {sentences[-1]}"
    return None


# The suite


Outcome = collections.namedtuple("Outcome", "passed failed")


def run_tests(mutant, names):
    """Which of the tests `names` passed, and which failed, with the way of starting and the row of the attempts."""
    pattern = "|".join(re.escape(f"`{name}`") for name in sorted(names))
    environment = {**os.environ, "MAZELCLAW_STAGE": mutant.root, "NO_COLOR": "1"}
    command = [BUNDLE, "--testing-library", "swift-testing", "--filter", f"IsolationTests.*({pattern})"]
    code, output = run(command, TEST_LIMIT, env=environment)
    if code not in (0, 1):
        sys.exit(f"mutation: the tests ended with {code}\n{output[-2000:]}")
    failed = set()
    issue = r'Test "(.*?)" recorded an issue (?:with \d+ arguments? (.*?) )?at \w+\.swift:'
    for name, values in re.findall(issue, output):
        starting = re.search(r"(?:starting|place) → (\w+)", values)
        row = re.search(r"row → (.*?), (?:starting|place)", values)
        failed.add((name, row.group(1) if row else None, starting.group(1) if starting else "root"))
    passed = set(re.findall(r'✔ Test "(.*?)" (?:with \d+ test cases? )?passed', output))
    return Outcome(passed, failed)


def missing(layer, failed):
    """The named tests that did not notice."""
    return [
        f"{row or name}, started by {starting}"
        for name, row in layer.tests
        for starting in (STARTINGS if layer.name not in ROOT_ONLY else ["root"])
        if (name, row, starting) not in failed
    ]


def unknown_rows(table, attempts="Tests/IsolationTests/attempts.tsv"):
    with open(attempts) as file:
        rows = {" ".join(line.split("\t")[:2]) for line in file if not line.startswith("#")}
    return [row for layer in table for _, row in layer.tests if row and row not in rows]


def check_layer(mutant, base, layer):
    mutant.leave_out(layer.name)
    if layer.words and (fault := refusal(mutant, base, layer)):
        return fault
    mutant.leave_out(layer.name, "proofs")
    outcome = run_tests(mutant, {name for name, _ in layer.tests})
    if unnoticed := missing(layer, outcome.failed):
        return f"not noticed by: {'; '.join(unnoticed)}"
    return None


def check_whole(mutant, base, table):
    """With nothing left out, or only the proof, all is well; and the table knows every layer."""
    mutant.leave_out("no-such-layer")
    _, output = start(mutant, base, "unprivileged", ["true"])
    known = re.search(r"expected one of (.*)", output)
    layers = known.group(1).split(", ") if known else []
    if sorted(layers) != sorted(layer.name for layer in table):
        return f"the build's layers are not the table's: {', '.join(sorted(layers))}"
    if unknown := unknown_rows(table):
        return f"no such attempts: {', '.join(unknown)}"
    mutant.leave_out_nothing()
    for starting in STARTINGS:
        if start(mutant, base, starting, ["true"])[0] != 0:
            return "with nothing left out a start fails"
    mutant.leave_out("proofs")
    names = {
        name for layer in table if os.getuid() == 0 or layer.name not in ROOT_ONLY for name, _ in layer.tests}
    outcome = run_tests(mutant, names)
    if outcome.failed or names - outcome.passed:
        return f"with nothing left out: failed {sorted(map(str, outcome.failed))}, not run {sorted(names - outcome.passed)}"
    return None


def main():
    table = read_table()
    wanted = sys.argv[3:]
    # What a launcher leaves behind becomes this process's child (PR_SET_CHILD_SUBREAPER is 36).
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    failures = 0
    with tempfile.TemporaryDirectory(prefix="mazelclaw-mutation-", dir="/var/tmp") as base:
        os.chmod(base, 0o755)
        mutant = Mutant(base)
        checks = [("nothing", lambda: check_whole(mutant, base, table))]
        checks += [
            (layer.name, lambda layer=layer: check_layer(mutant, base, layer))
            for layer in table
            if (not wanted or layer.name in wanted) and (os.getuid() == 0 or layer.name not in ROOT_ONLY)
        ]
        for name, check in checks:
            fault = check()
            failures += fault is not None
            print(f"mutation: without {name}: {fault or 'ok'}", flush=True)
    print(f"{len(checks) - failures} passed, {failures} failed")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
