#!/usr/bin/env python3
"""Opens the gateway's pages in a real Chromium and reports what they can reach: browser.py STAGE

A control page stores the token, as the original's does. A page of the canvas, which an agent wrote, then tries everything
to get it. Each attempt stands beside what must go on working. Ends with 1 when anything is not as it should be.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

TOKEN = "the-token-of-the-browser-test"

CONTROL = """<!doctype html><html><head><title>control</title></head><body><pre id=out></pre><script>
const out = {};
function show() { document.getElementById("out").textContent = JSON.stringify(out); }
const token = new URLSearchParams(location.search).get("token");
if (token) localStorage.setItem("token", token);
out.stored = localStorage.getItem("token");
const socket = new WebSocket(`ws://${location.host}/`);
socket.onmessage = (event) => { out.socket = JSON.parse(event.data).event; show(); };
socket.onerror = () => { out.socket = "refused"; show(); };
fetch("/health").then((r) => r.json()).then((j) => { out.health = j.ok; show(); }, (e) => { out.health = "" + e; show(); });
show();
</script></body></html>"""

CANVAS = """<!doctype html><html><head><title>canvas</title><link rel=stylesheet href="style.css"></head>
<body><pre id=out></pre><img id=img src="picture.svg"><script src="own.js"></script><script type=module src="module.js"></script>
<iframe id=frame></iframe><script>
const out = {};
function show() { document.getElementById("out").textContent = JSON.stringify(out); }
function attempt(name, body) {
  try {
    const value = body();
    if (value && value.then) value.then((v) => { out[name] = v; show(); }, (e) => { out[name] = "refused"; show(); });
    else out[name] = value;
  } catch (error) { out[name] = "refused"; }
}
function socket(path) {
  return new Promise((resolve) => {
    const s = new WebSocket(`ws://${location.host}${path}`);
    s.onopen = () => resolve("open");
    s.onerror = () => resolve("refused");
  });
}
const ticket = location.pathname.split("/")[3];
attempt("origin", () => self.origin);
attempt("address", () => location.href);
attempt("storage", () => "" + localStorage.getItem("token"));
attempt("session", () => "" + sessionStorage.getItem("token"));
attempt("cookie", () => "" + document.cookie);
attempt("database", () => "" + indexedDB.open("x"));
attempt("referrer", () => document.referrer);
attempt("opener", () => "" + (window.opener && window.opener.location.href));
attempt("entries", () => JSON.stringify(performance.getEntriesByType("navigation").map((e) => e.name)));
attempt("socket", () => socket("/"));
attempt("socketWithTicket", () => socket(`/?ticket=${ticket}`));
attempt("liveReload", () => socket(`/__mazelclaw__/ws?ticket=${ticket}`));
attempt("metrics", () => fetch("/metrics").then((r) => r.text()));
attempt("health", () => fetch("/health").then((r) => r.text()));
attempt("control", () => fetch("/index.html").then((r) => r.text()));
attempt("canvasWithoutTicket", () => fetch("/__mazelclaw__/canvas/data.json").then((r) => r.text()));
attempt("data", () => fetch("data.json").then((r) => r.json()).then((j) => j.fine));
attempt("worker", () => navigator.serviceWorker.register("own.js").then(() => "registered"));
attempt("frame", () => new Promise((resolve) => {
  const frame = document.getElementById("frame");
  frame.onload = () => { try { resolve(frame.contentDocument.body.innerHTML); } catch (e) { resolve("refused"); } };
  frame.src = "/?token=x";
}));
window.addEventListener("load", () => {
  out.script = window.ownScript === true;
  out.picture = document.getElementById("img").naturalWidth > 0;
  out.style = getComputedStyle(document.body).marginTop;
  out.module = window.ownModule === true;
  show();
});
show();
</script></body></html>"""


def free_port():
    """Below the ports that the kernel gives to outgoing connections."""
    for port in range(18100, 18700):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise SystemExit("browser.py: no free port from 18100 to 18699")


def start_gateway(program, home, port):
    environment = {
        "HOME": home, "XDG_CONFIG_HOME": f"{home}/config", "XDG_STATE_HOME": f"{home}/state", "PATH": "/usr/bin:/bin",
    }
    gateway = subprocess.Popen(
        [program, "--profile", "browser-test", "gateway", "--port", str(port)], env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = b""
    while b"listening on" not in said:
        more = os.read(gateway.stdout.fileno(), 4096)
        if not more:
            raise SystemExit(f"browser.py: the gateway ended: {said.decode()}")
        said += more
    return gateway


def look(browser, profile, address):
    """What the page at `address` shows when everything in it has come to its end."""
    command = [
        browser, "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
        "--disable-background-networking", f"--user-data-dir={profile}", "--virtual-time-budget=8000", "--dump-dom",
    ]
    if os.geteuid() == 0:
        command.append("--no-sandbox")
    result = subprocess.run(command + [address], capture_output=True, text=True, timeout=120)
    found = re.search(r"<pre id=\"out\">(.*?)</pre>", result.stdout, re.DOTALL)
    if not found:
        return {"page": re.sub(r"\s+", " ", result.stdout)[:400]}
    text = found.group(1)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, character)
    return json.loads(text)


def main():
    stage = sys.argv[1]
    names = ("chromium-headless-shell", "chromium")
    browser = next((path for path in map(shutil.which, names) if path), None)
    if not browser:
        raise SystemExit("browser.py: neither chromium-headless-shell nor chromium is installed")
    home = tempfile.mkdtemp(prefix="mazelclaw-browser-")
    port = free_port()
    state, pages, canvas = f"{home}/.mazelclaw-browser-test", f"{home}/pages", f"{home}/canvas"
    for directory in (state, pages, canvas):
        os.makedirs(directory)
    files = {
        f"{pages}/index.html": CONTROL, f"{canvas}/index.html": CANVAS, f"{canvas}/own.js": "window.ownScript = true;",
        f"{canvas}/module.js": "window.ownModule = true;", f"{canvas}/style.css": "body { margin-top: 7px }",
        f"{canvas}/data.json": '{"fine": true}',
        f"{canvas}/picture.svg": "<svg xmlns='http://www.w3.org/2000/svg' width='5' height='5'/>",
        f"{state}/mazelclaw.json": json.dumps({
            "gateway": {"mode": "local", "auth": {"token": TOKEN}, "controlUi": {"root": pages}},
            "canvasHost": {"root": canvas},
        }),
    }
    for path, text in files.items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    gateway = start_gateway(f"{stage}/bin/mazelclaw", home, port)
    faults = []

    def check(name, is_so, seen):
        print(f"{'ok  ' if is_so else 'BAD '} {name}: {json.dumps(seen)}")
        if not is_so:
            faults.append(name)

    try:
        base, profile = f"http://127.0.0.1:{port}", f"{home}/profile"
        control = look(browser, profile, f"{base}/?token={TOKEN}")
        check("the control page stores the token", control.get("stored") == TOKEN, control)
        check("it is let onto the WebSocket", control.get("socket") == "connect.challenge", control.get("socket"))
        check("and reads what the gateway says", control.get("health") is True, control.get("health"))
        for query in ("", f"?token={TOKEN}&a=1"):
            page = look(browser, profile, f"{base}/__mazelclaw__/canvas/{query}")
            where = f"a canvas page opened with {query.replace(TOKEN, 'TOKEN') or 'nothing'}"
            check(f"{where} has an origin of its own", page.get("origin") == "null", page.get("origin", page))
            check(f"{where} has no token anywhere", TOKEN not in json.dumps(page), sorted(page))
            for name in ("storage", "session", "cookie", "database", "socket", "socketWithTicket", "metrics", "health",
                         "control", "canvasWithoutTicket", "worker", "frame"):
                check(f"{where}: {name} is refused", page.get(name) == "refused", page.get(name))
            check(f"{where}: its address", "/__mazelclaw__/page/" in page.get("address", ""), page.get("address"))
            for name, value in (("script", True), ("module", True), ("picture", True), ("style", "7px"), ("data", True),
                                ("liveReload", "open")):
                check(f"{where}: its own {name} works", page.get(name) == value, page.get(name))
        again = look(browser, profile, f"{base}/")
        check("the control page has the token still", again.get("stored") == TOKEN, again.get("stored"))
    finally:
        gateway.terminate()
        gateway.wait()
        shutil.rmtree(home, ignore_errors=True)
    print(f"{len(faults)} not as they should be" if faults else "all as it should be")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
