#!/usr/bin/env python3
"""Leaves out each layer of a tool's cage in turn, and requires that somebody notices.

As mutation.py does it for the launcher: Tests/IsolationTests/cage-layers.tsv says what the helper's proof says then, and which
tests must fail with the proof left out too.

usage: mutation-cage.py STAGE TEST_BUNDLE [LAYER...]
"""
import ctypes
import os
import sys
import tempfile

import mutation

TABLE = "Tests/IsolationTests/cage-layers.tsv"
ATTEMPTS = "Tests/IsolationTests/cage-attempts.tsv"
mutation.ROWS = "an attempt from a tool's cage ends as the table says"
# Only root has capabilities to give up.
mutation.ROOT_ONLY = {"capabilities"}


def call(mutant, base, starting, kind="tool-run"):
    """One call of a tool outside of any sandbox."""
    workspace = tempfile.mkdtemp(dir=base)
    more = {}
    if os.getuid() == 0 and starting == "unprivileged":
        os.chown(workspace, mutation.USER, mutation.USER)
        more = {"user": mutation.USER, "group": mutation.USER, "extra_groups": []}
    words = [mutant.launcher, "--kind", kind, "--workspace", workspace, "--", "/bin/echo", "the program ran"]
    return mutation.run(words, mutation.START_LIMIT, env={"PATH": "/usr/bin:/bin"}, **more)


def refusal(mutant, base, layer):
    for starting in mutation.STARTINGS:
        code, output = call(mutant, base, starting)
        if "the program ran" in output or code != 125:
            return f"called by {starting} it is not refused, but ends with {code}: {output}"
        if layer.words not in output:
            return f"called by {starting} it is refused with other words: {output}"
    return None


def check_layer(mutant, base, layer):
    mutant.leave_out(layer.name)
    if layer.words and (fault := refusal(mutant, base, layer)):
        return fault
    mutant.leave_out(layer.name, "proofs")
    outcome = mutation.run_tests(mutant, {name for name, _ in layer.tests})
    if unnoticed := mutation.missing(layer, outcome.failed):
        return f"not noticed by: {'; '.join(unnoticed)}"
    return None


def check_whole(mutant, base, table):
    """With nothing left out all is well; and the table knows every layer."""
    mutant.leave_out("no-such-layer")
    output = call(mutant, base, "unprivileged")[1]
    layers = output.strip().rpartition("expected one of ")[2].split(", ")
    if sorted(layers) != sorted(layer.name for layer in table):
        return f"the build's layers are not the table's: {output}"
    if unknown := mutation.unknown_rows(table, ATTEMPTS):
        return f"no such attempts: {', '.join(unknown)}"
    mutant.leave_out("proofs")
    names = {name for layer in table for name, _ in layer.tests}
    outcome = mutation.run_tests(mutant, names)
    if outcome.failed or names - outcome.passed:
        return f"with nothing left out: failed {sorted(map(str, outcome.failed))}, not run {sorted(names - outcome.passed)}"
    return None


def main():
    table = mutation.read_table(TABLE)
    wanted = sys.argv[3:]
    # What a helper leaves behind becomes this process's child (PR_SET_CHILD_SUBREAPER is 36).
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    failures = 0
    with tempfile.TemporaryDirectory(prefix="mazelclaw-mutation-", dir="/var/tmp") as base:
        os.chmod(base, 0o755)
        mutant = mutation.Mutant(base, "mazelclaw-tool")
        checks = [("nothing", lambda: check_whole(mutant, base, table))]
        checks += [
            (layer.name, lambda layer=layer: check_layer(mutant, base, layer))
            for layer in table
            if (not wanted or layer.name in wanted) and (os.getuid() == 0 or layer.name not in mutation.ROOT_ONLY)
        ]
        for name, check in checks:
            fault = check()
            failures += fault is not None
            print(f"mutation of the cage: without {name}: {fault or 'ok'}", flush=True)
    print(f"{len(checks) - failures} passed, {failures} failed")
    sys.exit(failures != 0)


main()
