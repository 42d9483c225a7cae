"""Rows whose launcher is started by systemd, with options a unit may have."""
import os
import subprocess
import time

from launcher import HOME, USER, USER_ID, Ended
from rows import ENVIRONMENT, SECONDS, Row

STARTS = ["root unit", "User= unit", "user manager"]
RUNTIME = f"/run/user/{USER_ID}"
FILES = "/run/mazelclaw-hosts"


class Unit(Row):
    """A start as a service's main process."""

    NAME = "mazelclaw-row.service"

    def __init__(self, host, start, properties=(), home=None, **options):
        super().__init__(host, start, **options)
        self.properties = list(properties)
        self.home = home
        self.circumstances += self.properties
        self.result = None

    @property
    def is_root(self):
        return self.start == "root unit"

    @property
    def neighbour(self):
        # Beside the unit, not in it.
        row = Row(self.host, "root" if self.is_root else "user")
        row.options = self.options
        return row

    def beside(self, words):
        return self.neighbour.beside(words)

    def state(self, profile):
        return f"{self.home}/state" if self.home and profile == "p" else super().state(profile)

    def port(self, profile):
        # Of a profile of its own: the administrator's is another user's.
        return 28400 if self.home and profile == "p" else super().port(profile)

    @property
    def is_users(self):
        """Whether the unit is one of the user's own manager."""
        return self.start == "user manager"

    def systemctl(self, *words):
        """Talks to the unit's manager."""
        identity = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--"] if self.is_users else []
        return subprocess.run([*identity, "systemctl", *["--user"] * self.is_users, *words], text=True, timeout=self.seconds,
                              env={**ENVIRONMENT, "XDG_RUNTIME_DIR": RUNTIME}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    def write(self, words, kind, more):
        """Writes the unit's file, with a command of its own."""
        lines = ["[Service]", f"Type={kind}", f"StandardOutput=append:{FILES}/output",
                 f"StandardError=append:{FILES}/errors", "ExecStart=" + " ".join(map(quoted, words)), *self.properties,
                 *more]
        if self.start == "User= unit":
            lines.append(f"User={USER}")
        if self.home:
            lines.append(f"Environment=HOME={self.home}")
        directory = f"{RUNTIME}/systemd/user" if self.is_users else "/run/systemd/system"
        os.makedirs(directory, exist_ok=True)
        with open(f"{directory}/{self.NAME}", "w") as file:
            file.write("\n".join(lines) + "\n")
        self.systemctl("daemon-reload")

    def values(self, *names):
        """Properties that systemctl shows of the unit."""
        shown = self.systemctl("show", *[f"--property={name}" for name in names], self.NAME).stdout
        values = dict(line.split("=", 1) for line in shown.splitlines())
        return [values[name] for name in names]

    def run(self, words):
        for name in ["output", "errors"]:
            with open(f"{FILES}/{name}", "w"):
                os.chmod(f"{FILES}/{name}", 0o666)
        self.write(words, "oneshot", [])
        try:
            self.systemctl("start", self.NAME)
        except subprocess.TimeoutExpired:
            self.systemctl("kill", "--signal=KILL", self.NAME)
            raise
        self.result, kind, status = self.values("Result", "ExecMainCode", "ExecMainStatus")
        self.systemctl("reset-failed", self.NAME)
        # CLD_EXITED is 1 (waitid(2)); of what went well systemd forgets the rest.
        code = int(status) + (128 if self.result != "success" and kind != "1" else 0)
        with open(f"{FILES}/output") as output, open(f"{FILES}/errors") as errors:
            return Ended(code, output.read(), errors.read())

    def examine(self, launcher):
        os.makedirs(FILES, mode=0o777, exist_ok=True)
        os.chmod(FILES, 0o777)
        if self.is_users:
            subprocess.run(["systemctl", "start", f"user@{USER_ID}.service"], check=True)
        return super().examine(launcher)

    def check_end(self, ended, faults):
        super().check_end(ended, faults)
        expected = "success" if self.code == 0 else "exit-code" if self.code < 128 else "signal"
        # A kernel that writes a core dump makes it "core-dump".
        if self.result != expected and not (expected == "signal" and self.result == "core-dump"):
            faults.append(f"Result={self.result}")


class Restart(Unit):
    """What systemd does about the launcher's end, with the README's unit."""

    def __init__(self, host, start, payload, code, restarts, more=(), **options):
        super().__init__(host, start, code=code, **options)
        self.payload, self.restarts = payload, restarts
        self.options += more

    def compare(self, launcher):
        faults = []
        self.write(launcher.start(self, self.payload), "exec", [
            "Restart=on-failure", "RestartSec=10ms", "RestartPreventExitStatus=2 69 78", "StartLimitIntervalSec=0"])
        self.systemctl("start", self.NAME)
        # Given up, or begun again so often that it does not end by itself.
        for _ in range(SECONDS * 5):
            state, restarts, status = self.values("ActiveState", "NRestarts", "ExecMainStatus")
            if int(restarts) >= 2 or state in ["failed", "inactive"]:
                break
            time.sleep(0.1)
        self.systemctl("stop", self.NAME)
        self.systemctl("reset-failed", self.NAME)
        if (int(restarts) > 0) != self.restarts:
            faults.append(f"restarted {restarts} times")
        if not self.restarts and (state, int(status)) != ("failed", self.code):
            faults.append(f"{state} with status {status}")
        return {"code": self.code, "doctor": None, "attempts": 0, "faults": faults,
                "says": "is started again" if self.restarts else "is not started again"}


def quoted(word):
    """A word of ExecStart= (systemd.service(5))."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return '"' + text.replace("\n", "\\n") + '"'


def units(*properties, starts=STARTS, **options):
    """A row for each way systemd starts it."""
    return [Unit(" ".join(properties) or "no option", start, properties, **options) for start in starts]
