#!/usr/bin/env python3
"""Starts the built launcher on old and crippled hosts, and holds what comes of it against a table.

Hosts are virtual machines with Debian's kernels 6.1 and 6.12, and Debian's systemd 252 and 257 as PID 1 of namespaces on
the running kernel. A row is a condition of the host with options of the start: its exit code, its exact sentence, what
the doctor says of it, and for a start that works what the isolation probe finds inside. Needs root, and minutes.

usage: matrix.py STAGE PROBE [--json FILE] [--only WORDS] [BOOT...]
"""
import argparse
import json
import os
import shutil
import sys
import tempfile

from machines import Machine
from namespaces import Namespaces

HERE = os.path.dirname(os.path.abspath(__file__))
# Name, Debian release, rows of table.py, words for the kernel, seconds it may take.
BOOTS = {
    "6.1": (Machine, "bookworm", "plain", "", 5400),
    "6.12": (Machine, "trixie", "plain", "", 5400),
    "6.1-no-landlock": (Machine, "bookworm", "no-landlock", "lsm=apparmor,yama", 2700),
    "6.12-no-landlock": (Machine, "trixie", "no-landlock", "lsm=apparmor,yama", 2700),
    "systemd-252": (Namespaces, "bookworm", "systemd", "", 1800),
    "systemd-257": (Namespaces, "trixie", "systemd", "", 1800),
}


class Count:
    """What came of the rows so far."""

    def __init__(self, log):
        self.passed, self.failed, self.unproven, self.log = 0, 0, 0, log

    def take(self, boot, record):
        if "host" not in record:
            return
        faults = record.get("faults", [])
        if self.log:
            print(json.dumps({"boot": boot, "verdict": "failed" if faults else "passed", **record}), file=self.log)
        self.passed += not faults
        self.failed += bool(faults)
        print("{}  {:16}  {}  {}  {}  exit {}, {} s".format(
            "FAIL" if faults else "ok  ", boot, record["host"], record["start"], " ".join(record["options"]) or "-",
            record.get("code"), record["seconds"]), flush=True)
        for fault in faults:
            print(f"      {fault}", flush=True)
        for attempt in record.get("unproven", []):
            self.unproven += 1
            print(f"      proves nothing here: {attempt}", flush=True)


def run(name, stage, probe, only, count):
    """Boots one host and takes in its records."""
    kind, suite, rows, append, seconds = BOOTS[name]
    host = kind(suite)
    host.make()
    with tempfile.TemporaryDirectory(prefix="mazelclaw-hosts-", dir="/var/tmp") as payload:
        shutil.copytree(stage, f"{payload}/stage")
        shutil.copy(probe, f"{payload}/isolation-probe")
        shutil.copy(f"{HERE}/../IsolationTests/attempts.tsv", payload)
        shutil.copy(f"{HERE}/../../README.md", payload)
        for file in os.listdir(HERE):
            if os.path.isfile(f"{HERE}/{file}"):
                shutil.copy(f"{HERE}/{file}", payload)
        with open(f"{payload}/settings.json", "w") as file:
            json.dump({"suite": suite, "boot": rows, "only": only}, file)
        before = count.passed + count.failed
        time, is_whole = host.boot(
            payload, append, seconds, f"/var/tmp/mazelclaw-hosts-{name}.log", lambda record: count.take(name, record))
    print(f"{name}: {time:.0f} s in all", flush=True)
    if not is_whole or count.passed + count.failed == before:
        count.failed += 1
        print(f"FAIL  {name} did not end by itself, or said nothing: /var/tmp/mazelclaw-hosts-{name}.log", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stage")
    parser.add_argument("probe")
    parser.add_argument("--json", help="write the records to this file, one JSON object a line")
    parser.add_argument("--only", default="", help="only rows whose title holds these words")
    parser.add_argument("boots", nargs="*", help=", ".join(BOOTS))
    arguments = parser.parse_intermixed_args()
    boots = arguments.boots or list(BOOTS)
    unknown = [name for name in boots if name not in BOOTS]
    if unknown:
        parser.error(f"no boot {unknown[0]}: expected some of {', '.join(BOOTS)}")
    if os.getuid() != 0:
        sys.exit("matrix: needs root, to make trees and namespaces")
    log = open(arguments.json, "w", buffering=1) if arguments.json else None
    count = Count(log)
    for name in boots:
        run(name, os.path.abspath(arguments.stage), os.path.abspath(arguments.probe), arguments.only, count)
    print(f"{count.passed} passed, {count.failed} failed, {count.unproven} attempts that proved nothing")
    sys.exit(1 if count.failed else 0)


main()
