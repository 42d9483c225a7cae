"""A row of the matrix: a host, a way of starting on it, and how that must end."""
import contextlib
import json
import os
import subprocess
import time

from launcher import HOME, PORTS, USER, Ended

# What a start may take on an emulated machine that shares its cores, and one with attempts by the ten thousand.
SECONDS, RACE_SECONDS = 120, 900
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


class Row:
    """A start by hand: by root, which gives a user, or by that user."""

    def __init__(self, host, start, given="", code=0, says="", setting=contextlib.nullcontext, outer=(), inner=(),
                 kernel="", probes=True, races=False):
        self.host, self.start, self.code, self.says = host, start, code, says
        self.given = [word for word in given.split(",") if word]
        self.options = [f"--allow-degraded={given}"] if given else []
        self.setting, self.outer, self.inner = setting, list(outer), list(inner)
        self.probes, self.races = probes, races
        self.seconds = RACE_SECONDS if races else SECONDS
        # What the table of outcomes makes differences for, the last one first.
        self.circumstances = [kernel, *self.given, given, host]

    @property
    def title(self):
        """All that tells the row from others."""
        return " ".join([self.host, self.start, *self.options])

    @property
    def is_root(self):
        """Whether the launcher is started by root."""
        return self.start == "root"

    @property
    def neighbour(self):
        """The row as which a neighbour is started beside it."""
        return self

    def state(self, profile):
        """The state directory of a profile."""
        return f"{HOME}/.mazelclaw-{profile}"

    def port(self, profile):
        """The base port of a profile."""
        return PORTS[profile]

    def words(self, words):
        """The command line with what plays the host before it."""
        identity = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--"]
        return [*self.outer, *(identity if self.start == "user" else []), *self.inner, *words]

    def beside(self, words):
        """Starts a command on the row's host."""
        environment = {**ENVIRONMENT, "HOME": "/root" if self.is_root else HOME}
        return subprocess.Popen(self.words(words), env=environment, stdin=subprocess.DEVNULL, cwd="/",
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, words):
        """Runs a command on the row's host to its end."""
        process = self.beside(words)
        try:
            output, errors = process.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Ended(process.returncode, output, errors)

    def examine(self, launcher):
        """Starts, asks the doctor, and compares both with what must be."""
        launcher.prepare(self)
        with self.setting():
            return self.compare(launcher)

    def compare(self, launcher):
        """The row's result as data."""
        faults, made, unproven = [], 0, []
        sentence = f"degraded, as asked: {', '.join(self.given)}"
        degraded = [sentence] if self.given else []
        if self.code == 0 and self.probes:
            ended, made, faults, unproven = launcher.attempt(self)
            self.check_degradation(launcher, faults, sentence)
        else:
            mark = f"{self.state('p')}/ran"
            ended = self.run(launcher.start(self, ["touch", mark]))
            if os.path.exists(mark) != (self.code == 0):
                faults.append("the payload did not run" if self.code == 0 else "the payload ran")
        self.check_end(ended, faults)
        said = ended.sentences
        # What is given up is said before anything is done; a refusal to plan comes earlier.
        if said != degraded + [self.says] * bool(self.says) and not (self.code and said == [self.says]):
            faults.append("says: " + (" / ".join(said) or "nothing"))
        doctor = self.check_doctor(launcher, ended, faults)
        return {"code": ended.code, "doctor": doctor, "attempts": made, "says": self.says, "faults": faults,
                "unproven": unproven}

    def check_end(self, ended, faults):
        """The exit status."""
        if ended.code != self.code:
            faults.append(f"exit status {ended.code}, not {self.code}")

    def check_degradation(self, launcher, faults, sentence):
        """What is given up stands in the payload's environment and in what explain prints, and nothing else does."""
        shown = self.run(launcher.start(self, ["env"])).output.splitlines()
        degraded = [line for line in shown if line.startswith("MAZELCLAW_DEGRADED=")]
        if degraded != ([f"MAZELCLAW_DEGRADED={','.join(self.given)}"] if self.given else []):
            faults.append(f"the payload's environment says {degraded}")
        explained = self.run(launcher.command(self, "explain")).output.splitlines()
        if [line for line in explained if line.startswith("degraded")] != ([sentence] if self.given else []):
            faults.append("explain says otherwise what is given up")

    def ask_doctor(self, launcher):
        """What the doctor says. The kernel counts a namespace down some time after its last process has ended
        (user_namespaces(7)): where few may be there, the doctor is asked until the start before it counts no more."""
        for _ in range(50):
            doctor = self.run(launcher.command(self, "doctor", "--json"))
            # In JSON its quotes are escaped.
            if "ENOSPC" not in self.says or json.dumps(self.says)[1:-1] in doctor.output:
                break
            time.sleep(0.1)
        return doctor

    def check_doctor(self, launcher, ended, faults):
        """The doctor's verdict and its exit status are those of the start; returns the latter."""
        doctor = self.ask_doctor(launcher)
        if doctor.code != ended.code:
            faults.append(f"the doctor's exit status is {doctor.code}")
        if doctor.code > 125:
            return doctor.code
        try:
            report = json.loads(doctor.output)
        except ValueError:
            faults.append(f"the doctor says: {doctor.output} {doctor.errors}")
            return doctor.code
        verdict = "a start works on this host" if self.code == 0 else self.says
        if report["code"] != ended.code or not report["verdict"].endswith(verdict):
            faults.append(f"the doctor's verdict: {report['code']}, {report['verdict']}")
        # A check that is required and not held is a start that fails, and tells why.
        failed = [check for check in report["checks"] if check["required"] and not check["held"]]
        if self.code == 0 and failed or not all(check["remedy"] for check in failed):
            faults.append(f"the doctor's checks: {failed}")
        return doctor.code


def both(host, **options):
    """A row for each way of starting by hand."""
    return [Row(host, start, **options) for start in ["root", "user"]]
