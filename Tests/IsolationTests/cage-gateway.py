# Stands for a gateway: has secrets in files, in its environment and on a port, and calls a tool as the gateway does.
# arguments: HELPER STATE PORT SCRIPT
import os
import socket
import subprocess
import sys

helper, state, port, script = sys.argv[1:]
workspace = state + "/workspace"
os.makedirs(workspace, exist_ok=True)
for name in ["secret", "mazelclaw.sqlite", "gateway-key.pem", "workspace/own"]:
    with open(f"{state}/{name}", "w") as file:
        file.write("secret")
with open(workspace + "/script", "w") as file:
    file.write("#!/bin/sh\nexit 0\n")
with open(workspace + "/attempts.py", "w") as file:
    file.write(script)
os.chdir(state)
os.environ["OPENAI_API_KEY"] = "secret"
os.environ["LD_PRELOAD"] = workspace + "/no-library.so"
os.environ["PATH"] = workspace
listener = socket.create_server(("127.0.0.1", int(port)))
held = os.open(state + "/secret", os.O_RDONLY)
os.set_inheritable(held, True)
for kind in ["tool-run", "tool-network"]:
    words = [helper, "--kind", kind, "--workspace", workspace, "--keep-out", state, "--"]
    words += ["python3", "attempts.py", kind, state, str(os.getpid()), port]
    done = subprocess.run(words, close_fds=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"{kind}: {done.returncode}")
for name in ["secret", "mazelclaw.sqlite", "gateway-key.pem"]:
    with open(f"{state}/{name}") as file:
        if file.read() != "secret":
            sys.exit(f"{name} was changed")
expected = {"secret", "mazelclaw.sqlite", "gateway-key.pem", "workspace"}
if left := set(os.listdir(state)) - expected:
    sys.exit(f"planted: {left}")
