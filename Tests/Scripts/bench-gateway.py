#!/usr/bin/env python3
"""Compares the gateway with a server on Node that parses and answers the same JSON, under the same load in one run.

The two take turns, so that a change of the machine's speed hits both; medians and their ratios are what counts.

usage: bench-gateway.py STAGE LOAD-GENERATOR
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

GATEWAY, GENERATOR = f"{os.path.abspath(sys.argv[1])}/bin/mazelclaw", os.path.abspath(sys.argv[2])
SCRIPTS = os.path.dirname(os.path.abspath(__file__))
PORT, PEER_PORT = 28189, 28319
ROUNDS, SECONDS = 3, 2
SHAPES = [(connections, depth) for connections in (1, 16, 200) for depth in (1, 8)]
RATE_BAR, IDLE_BAR, READY_BAR, CROWD, CROWD_BAR = 2.0, 25.0, 50.0, 10_000, 250.0
MESSAGES, NEWEST, HISTORY_BAR = 100_000, 200, 5.0


class Server:
    """A process that serves until it is stopped."""

    def __init__(self, command, **more):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **more)
        if "listening" not in self.process.stdout.readline():
            sys.exit(f"bench: {command[0]} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def megabytes(self):
        """What is resident of it."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024


def generate(*words):
    return subprocess.check_output([GENERATOR, *map(str, words)], text=True)


def megabytes_with(server, token, connections):
    """What is resident of the server while so many clients are connected and silent."""
    words = [GENERATOR, "hold", str(PORT), token, str(connections)]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if holder.stdout.readline() != "holding\n":
            sys.exit(f"bench: {connections} connections could not be held")
        time.sleep(1)
        return server.megabytes()
    finally:
        holder.stdin.close()
        holder.wait()


def milliseconds_to_ready(command):
    """From the start of the program to the first answer that it is ready."""
    samples = []
    for _ in range(15):
        start = time.perf_counter_ns()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while process.poll() is None:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/ready", timeout=5):
                        break
                except OSError:
                    time.sleep(0.0005)
            else:
                sys.exit("bench: the gateway ended")
            samples.append((time.perf_counter_ns() - start) / 1e6)
        finally:
            process.terminate()
            process.wait()
    return statistics.median(samples)


def write_messages(directory):
    """A conversation of many messages, as the original gateway keeps them."""
    os.makedirs(f"{directory}/agents/main/sessions")
    with open(f"{directory}/agents/main/sessions/sessions.json", "w") as file:
        json.dump({"agent:main:main": {"sessionId": "aaaa", "updatedAt": 1769863497000}}, file)
    with open(f"{directory}/agents/main/sessions/aaaa.jsonl", "w") as file:
        file.write('{"type":"session","version":2,"id":"aaaa","timestamp":"2026-01-31T12:44:56.789Z","cwd":"/w"}\n')
        for number in range(MESSAGES):
            role = "assistant" if number % 2 else "user"
            content = [{"type": "text", "text": f"Message {number} of a long conversation about wombats and burrows."}]
            message = {"role": role, "content": content, "timestamp": 1769863497000 + number}
            file.write(json.dumps({"type": "message", "id": f"{number:08x}", "message": message}) + "\n")


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    base = tempfile.mkdtemp(prefix="mazelclaw-bench-")
    os.environ.update(HOME=base, XDG_CONFIG_HOME=f"{base}/c", XDG_STATE_HOME=f"{base}/s", NODE_PATH="/usr/share/nodejs")
    try:
        measure(base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def measure(base):
    misses = []

    def line(text, value, bar, unit, holds):
        if not holds:
            misses.append(text)
        print(f"{text:52} {value:8.2f}{unit:4} bar {bar}{unit}  {'ok' if holds else 'MISSED'}", flush=True)

    def at_most(text, value, bar, unit=""):
        line(text, value, bar, unit, value <= bar)

    command = [GATEWAY, "--profile", "bench", "gateway", "--port", str(PORT)]
    subprocess.run(
        [GATEWAY, "--profile", "bench", "setup", "--port", str(PORT)], check=True, stdout=subprocess.DEVNULL)
    with open(f"{base}/.mazelclaw-bench/mazelclaw.json") as file:
        token = json.load(file)["gateway"]["auth"]["token"]
    at_most("exec to /ready", milliseconds_to_ready(command), READY_BAR, " ms")
    with Server(command) as gateway:
        time.sleep(1)
        at_most("resident when idle", gateway.megabytes(), IDLE_BAR, " MB")
        answer, microseconds = generate("ask", PORT, token, "health", "{}", 100).splitlines()
        print(f"one health request after the other: {microseconds} µs")
        with open(f"{base}/health.json", "w") as file:
            json.dump(json.loads(answer)["payload"], file)
        with Server(["node", f"{SCRIPTS}/peer.js", str(PEER_PORT), f"{base}/health.json"]) as peer:
            for connections, depth in SHAPES:
                rates = {PORT: [], PEER_PORT: []}
                for _ in range(ROUNDS):
                    for port in rates:
                        rates[port].append(int(generate("rate", port, token, connections, depth, SECONDS)))
                ours, theirs = (statistics.median(values) for values in rates.values())
                text = f"{connections} connections, {depth} deep: {ours:.0f}/s to {theirs:.0f}/s"
                line(text, ours / theirs, RATE_BAR if connections > 1 else 0, "", connections == 1 or ours >= RATE_BAR * theirs)
            print(f"resident after that: {gateway.megabytes():.1f} MB, Node {peer.megabytes():.1f} MB")
    with Server(command) as gateway:
        print(f"resident with 1000 connections: {megabytes_with(gateway, token, 1000):.1f} MB")
        at_most(f"resident with {CROWD} connections", megabytes_with(gateway, token, CROWD), CROWD_BAR, " MB")
    write_messages(f"{base}/messages")
    with Server(command) as gateway:
        subprocess.run(
            [GATEWAY, "--profile", "bench", "sessions", "import", f"{base}/messages"], check=True,
            stdout=subprocess.DEVNULL)
    with Server(command) as gateway:
        params = json.dumps({"sessionKey": "agent:main:main", "limit": NEWEST})
        answer, microseconds = generate("ask", PORT, token, "chat.history", params, 100).splitlines()
        newest = json.loads(answer)["payload"]["messages"]
        if len(newest) != NEWEST or f"Message {MESSAGES - 1} " not in json.dumps(newest[-1]):
            sys.exit("bench: these are not the newest messages")
        at_most(f"newest {NEWEST} of {MESSAGES} messages", int(microseconds) / 1000, HISTORY_BAR, " ms")
        print(f"resident with {MESSAGES} messages: {gateway.megabytes():.1f} MB")
    if misses:
        sys.exit("bench: missed: " + "; ".join(misses))


main()
