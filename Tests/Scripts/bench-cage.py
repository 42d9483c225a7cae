#!/usr/bin/env python3
"""Measures what the cage of a tool call costs above running the program bare.

The two take turns, so that a change of the machine's speed hits both. Then fifty calls at once, as fifty agents make them.

usage: bench-cage.py STAGE [RUNS]
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

HELPER = os.path.abspath(sys.argv[1]) + "/bin/mazelclaw-tool"
RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 200
BAR, AT_ONCE = 3.0, 50


def start(words):
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def time_one(words):
    begin = time.perf_counter()
    code = start(words).wait()
    if code:
        sys.exit(f"bench-cage: {words[0]} ended with {code}")
    return (time.perf_counter() - begin) * 1000


def main():
    with tempfile.TemporaryDirectory(prefix="mazelclaw-bench-", dir="/var/tmp") as state:
        workspace = f"{state}/workspace"
        os.mkdir(workspace)
        bare = ["/bin/true"]
        caged = [HELPER, "--kind", "tool-run", "--workspace", workspace, "--keep-out", state, "--"] + bare
        for _ in range(5):
            time_one(caged)
        pairs = [(time_one(caged), time_one(bare)) for _ in range(RUNS)]
        cost = statistics.median(own - other for own, other in pairs)
        begin = time.perf_counter()
        running = [start(caged[:-1] + ["/bin/sleep", "0.2"]) for _ in range(AT_ONCE)]
        codes = [process.wait() for process in running]
        together = (time.perf_counter() - begin) * 1000 - 200
    print(f"a program in a cage   {statistics.median(own for own, _ in pairs):8.2f} ms")
    print(f"the same one bare     {statistics.median(other for _, other in pairs):8.2f} ms")
    print(f"the cage              {cost:8.2f} ms  (at most {BAR:.1f})")
    print(f"{AT_ONCE} calls at once      {together:8.2f} ms  beside the 200 that each takes")
    sys.exit(cost > BAR or any(codes))


main()
