"""The README's everyday lines, followed by somebody who has nothing else."""
import json
import os
import signal
import subprocess
import time

from launcher import HOME, PREFIX, USER, USER_ID
from rows import ENVIRONMENT, Row

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "README.md")
# From the first line to two services that run.
SECONDS = 300


class Guide(Row):
    """Two gateways as services of a user's, by the lines of the README in their order."""

    def examine(self, launcher):
        subprocess.run(["systemctl", "start", f"user@{USER_ID}.service"], check=True)
        faults, begin = [], time.monotonic()
        try:
            for line in lines():
                self.follow(line, faults)
            took = time.monotonic() - begin
            if took > SECONDS:
                faults.append(f"it took {took:.0f} s")
            for profile in ["main", "rescue"]:
                self.check(profile, faults)
        finally:
            for profile in ["main", "rescue"]:
                self.mazelclaw(f"mazelclaw --profile {profile} gateway uninstall")
        return {"code": 0, "doctor": None, "attempts": 0, "says": f"{took:.1f} s", "faults": faults}

    def start_line(self, line):
        """Starts a line of the README as the user."""
        identity = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--"]
        environment = {
            **ENVIRONMENT, "PATH": f"{PREFIX}/bin:{ENVIRONMENT['PATH']}", "HOME": HOME, "USER": USER,
            "XDG_RUNTIME_DIR": f"/run/user/{USER_ID}"}
        return subprocess.Popen([*identity, "sh", "-c", f"exec {line}"], env=environment, cwd=HOME, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def mazelclaw(self, line):
        """Runs a line to its end; its exit status and all it said."""
        process = self.start_line(line)
        output, errors = process.communicate(timeout=self.seconds)
        return process.returncode, output, errors

    def follow(self, line, faults):
        """Does what the line says, as its comment says."""
        if "gateway --port" in line:
            process = self.start_line(line)
            first = process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=self.seconds)
            if not first.startswith("listening on ") or process.returncode != 0:
                faults.append(f"{line}: {first}{errors}")
            return
        code, output, errors = self.mazelclaw(line)
        if code != 0:
            faults.append(f"{line}: exit status {code}: {output}{errors}")

    def check(self, profile, faults):
        """The profile's service runs, and its gateway answers."""
        _, output, errors = self.mazelclaw(f"mazelclaw --profile {profile} status --json")
        try:
            status = json.loads(output)
        except ValueError:
            faults.append(f"status of {profile}: {output}{errors}")
            return
        if status["health"].get("up") is not True or status["unit"] != f"mazelclaw-gateway-{profile}.service":
            faults.append(f"status of {profile}: {output}")


def lines():
    """The lines of the everyday section up to its first paragraph, without those that ask a person."""
    with open(README) as file:
        block = file.read().split("\n## Everyday use\n")[1].split("\n`onboard`")[0]
    commands = [line.split("#")[0].strip() for line in block.splitlines() if line.startswith("    mazelclaw ")]
    assert len(commands) > 5, commands
    return [line for line in commands if not line.endswith("onboard")]
