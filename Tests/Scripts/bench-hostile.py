#!/usr/bin/env python3
"""Measures what an honest client notices while 200 others try to use up a gateway's memory, time or connections.

One kind of them after the other does its worst for some seconds. Meanwhile an honest client calls `health` on its
WebSocket and asks for /health over new connections. Its median and its slowest answer count, and what is resident of the
gateway once they are gone.

usage: bench-hostile.py STAGE [KIND...]
"""
import itertools
import json
import os
import random
import resource
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

GATEWAY = f"{os.path.abspath(sys.argv[1])}/bin/mazelclaw"
PORT = 28489
CLIENTS, SOCKETS, SECONDS = 200, 2290, 3
MEDIAN_BAR, WORST_BAR, MEMORY_BAR = 50.0, 250.0, 10.0
# How long the gateway may take to let go of what they held: a minute for one who reads nothing, and as long as the runs
# take that it accepted, a second each, four at a time.
PATIENCE = 120
# An answer that never ends.
PROGRAM = 'if [ "$3" = flood ]; then yes "$(head -c 4000 /dev/zero | tr "\\\\0" x)"; fi; sleep 1; echo done'


# MARK: Talking

def http(path, method="GET", headers=(), body=b""):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def upgrade(path="/"):
    return http(path, headers=[
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])


def frame(data, opcode=1, masked=True):
    """A frame whose mask is zero: the same work for who takes it off, none for us."""
    head = bytes([0x80 | opcode])
    mask = 0x80 if masked else 0
    if len(data) < 126:
        head += bytes([mask | len(data)])
    elif len(data) < 65536:
        head += bytes([mask | 126]) + struct.pack(">H", len(data))
    else:
        head += bytes([mask | 127]) + struct.pack(">Q", len(data))
    return head + (b"\0\0\0\0" if masked else b"") + data


def request(method, params, name="1"):
    return frame(json.dumps({"type": "req", "id": name, "method": method, "params": params}).encode())


def connect(token, role="operator", scopes=()):
    return request("connect", {
        "minProtocol": 3, "maxProtocol": 3, "role": role, "scopes": list(scopes), "auth": {"token": token},
        "client": {"id": "test", "version": "1", "platform": "linux", "mode": "test", "instanceId": str(random.random())}})


class Honest:
    """A client that does what it should, on one WebSocket and over new connections."""

    def __init__(self, token):
        self.socket = socket.create_connection(("127.0.0.1", PORT), 10)
        self.socket.sendall(upgrade())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        self.buffer = self.buffer.split(b"\r\n\r\n", 1)[1]
        self.socket.sendall(connect(token, scopes=["operator.admin"]))
        self.answer("1")
        self.count = 1

    def fill(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise OSError("the gateway closed the honest client's connection")
        self.buffer += data

    def message(self):
        while True:
            if len(self.buffer) >= 2:
                length, start = self.buffer[1] & 0x7F, 2
                if length == 126:
                    length, start = struct.unpack(">H", self.buffer[2:4].ljust(2, b"\xff"))[0], 4
                elif length == 127:
                    length, start = struct.unpack(">Q", self.buffer[2:10].ljust(8, b"\xff"))[0], 10
                if len(self.buffer) >= start + length:
                    opcode, data = self.buffer[0] & 15, self.buffer[start:start + length]
                    self.buffer = self.buffer[start + length:]
                    if opcode == 9:
                        self.socket.sendall(frame(data, 10))
                    if opcode == 1:
                        return json.loads(data)
                    continue
            self.fill()

    def answer(self, name):
        while True:
            message = self.message()
            if message.get("type") == "res" and message["id"] == name:
                if not message["ok"]:
                    raise OSError(f"the honest client was refused: {message['error']}")
                return message

    def health(self):
        self.count += 1
        begin = time.perf_counter()
        self.socket.sendall(request("health", {}, str(self.count)))
        self.answer(str(self.count))
        return (time.perf_counter() - begin) * 1000

    def turn(self):
        """Asks an agent something, and waits for the answer."""
        self.socket.sendall(request("chat.send", {
            "sessionKey": "honest", "message": "hello", "idempotencyKey": f"honest-{os.getpid()}-{time.monotonic()}"}))
        while True:
            message = self.message()
            if message.get("event") == "chat" and message["payload"].get("state") == "final":
                return

    @staticmethod
    def new_health():
        begin = time.perf_counter()
        with socket.create_connection(("127.0.0.1", PORT), 10) as new:
            new.settimeout(10)
            new.sendall(http("/health", headers=["Connection: close"]))
            answer = b""
            while data := new.recv(65536):
                answer += data
        return (time.perf_counter() - begin) * 1000 if answer.startswith(b"HTTP/1.1 200") else float("inf")


# MARK: Hostile clients

class Attack:
    """What one kind of clients does. Each first sends `start`, then again and again what `more` gives it."""

    def __init__(self, start=b"", more=None, count=CLIENTS, reads=True, pause=0.0, beside=None):
        self.start, self.more, self.count, self.reads, self.pause, self.beside = start, more, count, reads, pause, beside


def attacks(token, page):
    numbers = iter(range(1 << 40))
    bearer = f"Authorization: Bearer {token}"

    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

    def with_keys(count):
        names = ("".join(name) for name in itertools.islice(itertools.product(letters, repeat=3), count))
        params = "{" + ",".join(f'"{name}":0' for name in names) + "}"
        return frame(f'{{"type":"req","id":"1","method":"health","params":{params}}}'.encode())

    def chat(text, session):
        def make():
            number = next(numbers)
            return request("chat.send", {
                "sessionKey": session(number), "message": text, "idempotencyKey": f"{os.getpid()}-{number}"})
        return make

    def event():
        payload = {"runId": "1", "output": "x" * 30_000, "sessionKey": f"session-{next(numbers)}"}
        return request("node.event", {"event": "exec.finished", "payload": payload})

    def large_event():
        payload = {"runId": "1", "output": "x" * 500_000, "sessionKey": f"{next(numbers)}-" + "x" * 10_000}
        return request("node.event", {"event": "exec.finished", "payload": payload})

    reader = upgrade() + connect(token, scopes=["operator.read"])
    writer = upgrade() + connect(token, scopes=["operator.write"])
    node = upgrade() + connect(token, role="node")
    completion = json.dumps({"stream": True, "messages": [{"role": "user", "content": "flood"}]}).encode()
    body = json.dumps({"messages": [{"role": "user", "content": "x" * 900_000}]}).encode()

    def rewrite():
        with open(page, "r+b") as file:
            file.truncate(random.randrange(1, 3_000_000))
            file.truncate(3_000_000)

    return {
        "120 pages of 3 MB each, never read": Attack(120 * http("/__mazelclaw__/canvas/page.html"), reads=False),
        "/health without end, never read": Attack(more=lambda: 100 * http("/health"), reads=False),
        "endpoints without end, never read": Attack(
            more=lambda: 20 * http("/metrics") + 20 * http("/tools/invoke", "POST", [bearer], b"{}"), reads=False),
        "pages that change, read slowly": Attack(
            more=lambda: http("/__mazelclaw__/canvas/page.html"), pause=0.2, beside=rewrite),
        "60,000 keys, without a token": Attack(upgrade() + with_keys(60_000)),
        "as many keys as may be, without a token": Attack(upgrade(), lambda many=with_keys(900): many),
        "60,000 keys, with read scope": Attack(reader, lambda many=with_keys(60_000): many),
        "as many keys as may be, with read scope": Attack(reader, lambda many=with_keys(9_900): many),
        "wrong parameters without end": Attack(
            reader, lambda: request("sessions.preview", {"keys": [0] * 9_900})),
        "512 KiB before the handshake": Attack(upgrade() + frame(b"x" * 500_000)[:-1]),
        "small requests without end, never read": Attack(reader, lambda: 50 * request("health", {}), reads=False),
        "pings without end, never read": Attack(reader, lambda: 100 * frame(b"x" * 120, 9), reads=False),
        "events of nodes for ever more sessions": Attack(node, event),
        "events of nodes, 500 KB each": Attack(node, large_event),
        "messages that wait, 500 KB each": Attack(writer, chat("x" * 500_000, lambda number: f"s{number % 50}")),
        "messages that wait, in one session each": Attack(writer, chat("x", lambda number: f"s{number}")),
        f"{SOCKETS} sockets that say nothing": Attack(count=SOCKETS),
        "live reload, unmasked and deaf": Attack(
            upgrade("/__mazelclaw__/ws"), lambda: 10 * frame(b"x" * 1000, masked=False), reads=False),
        "bodies that never end": Attack(
            http("/v1/chat/completions", "POST", [bearer], body)[:-1000], lambda: b"x", pause=0.2),
        "answers without end, never read": Attack(
            http("/v1/chat/completions", "POST", [bearer], completion), reads=False),
    }


class Client:
    """One hostile client; it comes back when it is sent away."""

    def __init__(self, attack, poll):
        self.attack, self.poll, self.socket = attack, poll, None
        self.open()

    def open(self):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        try:
            self.socket.connect(("127.0.0.1", PORT))
        except BlockingIOError:
            pass
        self.queue = memoryview(self.attack.start)
        self.due = 0.0
        self.poll.register(self.socket, select.EPOLLIN | select.EPOLLOUT)

    def close(self):
        self.poll.unregister(self.socket)
        self.socket.close()

    def act(self, events):
        try:
            if events & select.EPOLLIN and self.attack.reads and not self.socket.recv(1 << 16):
                raise ConnectionResetError
            if events & (select.EPOLLHUP | select.EPOLLERR):
                raise ConnectionResetError
            if events & select.EPOLLOUT:
                self.send()
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            self.open()

    def send(self):
        if not self.queue and self.attack.more and time.monotonic() >= self.due:
            self.queue = memoryview(self.attack.more())
            self.due = time.monotonic() + self.attack.pause
        if self.queue:
            self.queue = self.queue[self.socket.send(self.queue[:1 << 20]):]
        elif self.attack.more is None:
            self.poll.modify(self.socket, select.EPOLLIN)


def attack(attack):
    """Does it until the process is killed."""
    poll = select.epoll()
    clients = {}
    for _ in range(attack.count):
        client = Client(attack, poll)
        clients[client.socket.fileno()] = client
    while True:
        if attack.beside:
            attack.beside()
        for number, events in poll.poll(0.05):
            client = clients.pop(number, None)
            if client:
                client.act(events)
                clients[client.socket.fileno()] = client
        if attack.pause or not attack.more:
            time.sleep(0.02)


# MARK: Measuring

def megabytes(process):
    with open(f"/proc/{process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024


def measure(process, kind, honest, idle):
    """The median and the slowest answer in ms, the most that was resident, and what is when they are gone, in MB."""
    child = os.fork()
    if child == 0:
        try:
            attack(kind)
        finally:
            os._exit(1)
    samples, peak = [], 0.0
    try:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for ask in (honest.health, honest.new_health):
                begin = time.monotonic()
                try:
                    samples.append(ask())
                except OSError as error:
                    print(f"    {error}")
                    samples.append(float("inf"))
                if samples[-1] > WORST_BAR:
                    print(f"    {ask.__name__} took {samples[-1]:.0f} ms, {SECONDS - end + begin:.2f} s in")
            peak = max(peak, megabytes(process))
            time.sleep(0.02)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    end = time.monotonic() + PATIENCE
    while (after := megabytes(process)) > idle + MEMORY_BAR and time.monotonic() < end:
        time.sleep(0.1)
    return statistics.median(samples), max(samples), peak, after


def prepare(base):
    """Sets an instance up. Returns its token and the page it serves."""
    os.environ.update(HOME=base, XDG_CONFIG_HOME=f"{base}/c", XDG_STATE_HOME=f"{base}/s")
    subprocess.run([GATEWAY, "--profile", "bench", "setup", "--port", str(PORT)], check=True, stdout=subprocess.DEVNULL)
    path = f"{base}/.mazelclaw-bench/mazelclaw.json"
    with open(path) as file:
        configuration = json.load(file)
    configuration["gateway"]["http"] = {"endpoints": {"chatCompletions": {"enabled": True}}}
    defaults = configuration.setdefault("agents", {}).setdefault("defaults", {})
    defaults["model"] = {"primary": "program"}
    defaults["cliBackends"] = {"program": {
        "command": "/bin/sh", "args": ["-c", PROGRAM, "sh"], "output": "text", "sessionMode": "none",
        "systemPromptArg": "--system"}}
    canvas = f"{base}/canvas"
    configuration["canvasHost"] = {"root": canvas}
    os.makedirs(canvas)
    with open(f"{canvas}/page.html", "wb") as file:
        file.write(b"<html><body>" + b"x" * 3_000_000 + b"</body></html>")
    with open(path, "w") as file:
        json.dump(configuration, file)
    return configuration["gateway"]["auth"]["token"], f"{canvas}/page.html"


def start(token):
    """Starts the gateway. Returns its process, an honest client, and what is resident when it has had some work."""

    def few_files():
        resource.setrlimit(resource.RLIMIT_NOFILE, (SOCKETS + 128, SOCKETS + 128))

    process = subprocess.Popen(
        [GATEWAY, "--profile", "bench", "gateway", "--port", str(PORT)], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, preexec_fn=few_files)
    if "listening" not in process.stdout.readline():
        sys.exit("bench: the gateway did not start")
    honest = Honest(token)
    for _ in range(200):
        honest.health()
        honest.new_health()
    honest.turn()
    time.sleep(1)
    return process, honest, megabytes(process)


def main():
    wanted = sys.argv[2:]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    base = tempfile.mkdtemp(prefix="mazelclaw-bench-")
    misses = []
    process = None
    try:
        token, page = prepare(base)
        process, honest, idle = start(token)
        print(f"health while {CLIENTS} hostile clients of a kind do their worst, in ms, and what is resident, in MB; "
              f"idle {idle:.1f}\n"
              f"  {'':42}  median (bar {MEDIAN_BAR:.0f})  worst (bar {WORST_BAR:.0f})  at most  afterwards "
              f"(bar +{MEMORY_BAR:.0f})")
        for name, kind in attacks(token, page).items():
            if wanted and not any(word in name for word in wanted):
                continue
            median, worst, peak, after = measure(process, kind, honest, idle)
            holds = median <= MEDIAN_BAR and worst <= WORST_BAR and after <= idle + MEMORY_BAR
            print(f"  {name:42}  {median:15.1f}  {worst:15.1f}  {peak:7.1f}  {after:19.1f}  {'ok' if holds else 'MISSED'}",
                  flush=True)
            if process.poll() is not None:
                sys.exit("bench: the gateway ended")
            if not holds:
                misses.append(name)
                # What it left behind is not the next one's doing.
                process.kill()
                process.wait()
                process, honest, idle = start(token)
    finally:
        if process:
            process.kill()
            process.wait()
        shutil.rmtree(base, ignore_errors=True)
    if misses:
        sys.exit("bench: missed: " + "; ".join(misses))


main()
