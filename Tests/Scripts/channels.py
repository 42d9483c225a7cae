#!/usr/bin/env python3
"""Holds a gateway's IRC account against a real server: ngIRCd, and a client that is nothing but a socket.

Usage: channels.py STAGE

The gateway runs without a sandbox and without a profile of this host, by variables alone; its agent is /bin/cat, which answers with
what it was asked.
"""
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time

STAGE = os.path.abspath(sys.argv[1])
PATIENCE = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(condition, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise SystemExit(f"channels: {what}: it did not come in {PATIENCE} s")


class Server:
    """ngIRCd with a configuration of its own."""

    def __init__(self, directory, port, password=None):
        self.file = os.path.join(directory, "ngircd.conf")
        with open(self.file, "w") as file:
            file.write(f"""[Global]
Name = irc.test.example
Info = test
Ports = {port}
Listen = 127.0.0.1
{f'Password = {password}' if password else ''}
ServerUID = {os.getuid()}
ServerGID = {os.getgid()}
[Limits]
MaxConnectionsIP = 50
MaxNickLength = 16
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
""")
        self.port = port
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["ngircd", "-n", "-f", self.file], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        eventually(listens, "ngIRCd listens")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Person:
    """A client that is a socket."""

    def __init__(self, port, nick, password=None):
        self.nick = nick
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.settimeout(0.05)
        self.rest = b""
        self.lines = []
        if password:
            self.send(f"PASS {password}")
        self.send(f"NICK {nick}")
        self.send(f"USER {nick} 0 * :{nick}")
        self.wait(r" 001 ")

    def send(self, line):
        self.socket.sendall(line.encode() + b"\r\n")

    def say(self, target, text):
        self.send(f"PRIVMSG {target} :{text}")

    def read(self):
        try:
            self.rest += self.socket.recv(65536)
        except TimeoutError:
            pass
        *lines, self.rest = self.rest.split(b"\r\n")
        for line in lines:
            if line.startswith(b"PING"):
                self.send("PONG" + line[4:].decode())
            self.lines.append(line)

    def wait(self, pattern):
        """The first line that fits `pattern`, which is then gone with those before it."""
        def found():
            self.read()
            for index, line in enumerate(self.lines):
                if re.search(pattern, line.decode(errors="replace")):
                    del self.lines[:index + 1]
                    return line
            return None
        return eventually(found, f"{self.nick} waits for {pattern}").decode(errors="replace")

    def quiet(self, seconds):
        """What came within `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read()
        lines, self.lines = self.lines, []
        return [line.decode(errors="replace") for line in lines]


class Gateway:
    def __init__(self, home, port, irc):
        self.directory = os.path.join(home, "state")
        os.makedirs(self.directory, mode=0o700)
        self.environment = {
            "HOME": home, "PATH": os.environ["PATH"], "MAZELCLAW_STATE_DIR": self.directory,
            "MAZELCLAW_CONFIG_PATH": os.path.join(self.directory, "mazelclaw.json"), "MAZELCLAW_GATEWAY_PORT": str(port),
        }
        self.configuration = {
            "gateway": {"mode": "local", "auth": {"token": secrets.token_hex(16)}},
            "agents": {
                "list": [{"id": "main", "model": "tool"}],
                "defaults": {"cliBackends": {"tool": {"command": "/bin/cat", "input": "stdin", "output": "text"}}},
            },
        }
        with open(os.path.join(self.directory, "mazelclaw.json"), "w") as file:
            json.dump(self.configuration, file)
        print(self.run(
            "channels", "add", "irc", "--host", "127.0.0.1", "--port", str(irc), "--nick", "mazel", "--no-tls", "--join", "#tea"))
        self.start()

    def run(self, *words, code=0):
        process = subprocess.run(
            [f"{STAGE}/bin/mazelclaw", *words], env=self.environment, text=True,
            capture_output=True, timeout=PATIENCE)
        if process.returncode != code:
            raise SystemExit(f"channels: {' '.join(words)}: ended with {process.returncode}: {process.stdout}{process.stderr}")
        return process.stdout

    def start(self):
        self.process = subprocess.Popen(
            [f"{STAGE}/bin/mazelclaw", "gateway"], env=self.environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def account(self):
        process = subprocess.run(
            [f"{STAGE}/bin/mazelclaw", "channels", "status", "--json"], env=self.environment, text=True,
            capture_output=True, timeout=PATIENCE)
        try:
            return json.loads(process.stdout)["channelAccounts"]["irc"][0]
        except (ValueError, KeyError):
            return {}

    def connected(self):
        eventually(lambda: self.account().get("connected"), "the account is connected")


def main():
    if not shutil.which("ngircd"):
        raise SystemExit("channels: needs ngircd (apt-get install ngircd)")
    with tempfile.TemporaryDirectory() as home:
        irc, port = free_port(), free_port()
        server = Server(home, irc)
        gateway = Gateway(home, port, irc)
        try:
            gateway.connected()
            ada = Person(irc, "ada")
            ada.say("mazel", "hello")
            word = ada.wait(r"PRIVMSG ada :.*pairing approve irc ")
            code = word.split()[-1]
            print(f"a stranger is told: {word.split(' :', 1)[1]}")
            ada.say("mazel", "hello?")
            lines = [line for line in ada.quiet(1.5) if "PRIVMSG" in line]
            assert not lines, lines
            assert code in gateway.run("pairing", "list")
            gateway.run("pairing", "approve", "irc", code)
            ada.say("mazel", "tea at four")
            ada.wait(r"PRIVMSG ada :.*tea at four")
            print("who was let in is answered")

            bob = Person(irc, "bob")
            bob.send("JOIN #tea")
            bob.wait(r" 366 ")
            bob.say("#tea", "nobody is asked")
            bob.say("#tea", "mazel: and now?")
            answer = bob.wait(r":mazel!\S+ PRIVMSG #tea :.*What others said")
            bob.wait(r":mazel!\S+ PRIVMSG #tea :bob: nobody is asked")
            bob.wait(r":mazel!\S+ PRIVMSG #tea :\[IRC #tea bob .* UTC\] and now\?")
            print("a group is answered when it asks, with what was said before")

            # 390 bytes, which with the head and the prefix are more than one line holds.
            long = " ".join(f"w{index:03}" for index in range(78))
            ada.say("mazel", long)
            words, length = [], 0
            while "w077" not in words:
                line = ada.wait(r":mazel!\S+ PRIVMSG ada :")
                length = max(length, len(line.encode()) + 2)
                words += line.split(" :", 1)[1].split()
            assert [word for word in words if word.startswith("w")] == long.split(), words
            assert length <= 512, length
            print(f"a long answer comes whole, in lines of at most {length} bytes")

            assert gateway.run("message", "send", "--to", "#tea", "--message", "Tea is ready") == "Sent to #tea\n"
            bob.wait(r"PRIVMSG #tea :Tea is ready")
            gateway.run("message", "send", "--to", "nobody", "--message", "x", code=1)
            print("message send sends, and tells that a nick is nobody's")

            gateway.kill()
            eventually(lambda: [line for line in ada.quiet(0.2)] is not None, "ada reads")
            gateway.start()
            gateway.connected()
            ada.say("mazel", "after the kill")
            ada.wait(r"PRIVMSG ada :.*after the kill")
            print("after kill -9 it is back, and knows who was let in")

            server.stop()
            eventually(lambda: gateway.account().get("connected") is False, "the account tells that it is not connected")
            print(f"without a server it tells: {gateway.account()['lastError']}")
            server.start()
            gateway.connected()
            ada = Person(irc, "ada")
            ada.say("mazel", "after the server")
            ada.wait(r"PRIVMSG ada :.*after the server")
            print("when the server is back, so is the account")
            gateway.stop()
            server.stop()

            server = Server(home, irc, password="right")
            gateway.run("config", "set", "channels.irc.password", "wrong")
            gateway.start()
            state = eventually(
                lambda: gateway.account() if "password" in (gateway.account().get("lastError") or "") else None,
                "the wrong password is told")
            assert state["running"] is False, state
            print(f"a wrong password is final: {state['lastError']}")
            gateway.run("config", "set", "channels.irc.password", "right")
            gateway.connected()
            print("with the right one it is connected")
        finally:
            gateway.stop()
            server.stop()
    print("channels: ngIRCd and the gateway agree")


main()
