#!/usr/bin/env python3
"""Measures browser control, with Playwright as an independent observer on the same browser.

A gateway drives a real Chromium that has a DevTools port for this. Playwright connects to it (connect_over_cdp), sees what
our commands did, and takes the same pictures in the same run. Needs the package playwright (PyPI), and no browser of its
own. Ends with 1 when the two disagree or a bar is missed.

usage: bench-browser.py STAGE
"""
import base64
import concurrent.futures
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from playwright.sync_api import sync_playwright

from chromium import Chromium

GATEWAY = f"{os.path.abspath(sys.argv[1])}/bin/mazelclaw"
LAUNCHER = f"{GATEWAY}-run"
PORT = 28690
START_BAR, SNAPSHOT_BAR, PICTURE_BAR, FOUR_BAR = 0.8, 150.0, 1.3, 4.0
ROUNDS = 7
# Whom root has the gateways under the launcher run as.
USER = 61234
FORM = """<!doctype html><title>Form</title><h1>Order</h1><label>Name <input id=n></label>
<button onclick="document.title = n.value">Send</button>"""
# Of each thing a line of text and a link: 5,000 elements.
LARGE = "<!doctype html><title>Large</title><ul>" + "".join(
    f"<li>Item {n}<a href='#{n}'>Open {n}</a></li>" for n in range(2500)) + "</ul>"


def address(html):
    return "data:text/html;base64," + base64.b64encode(html.encode()).decode()


class Control:
    """Browser control over HTTP, one connection after the other."""

    def __init__(self, token, port=PORT):
        self.token = token
        self.port = port

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port + 2}{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            sys.exit(f"bench: {method} {path}: {error.code} {error.read().decode()}")


def milliseconds(body):
    begin = time.perf_counter()
    value = body()
    return (time.perf_counter() - begin) * 1000, value


def median(body):
    return statistics.median(milliseconds(body)[0] for _ in range(ROUNDS))


def size(path):
    with open(path, "rb") as file:
        head = file.read(24)
    return struct.unpack(">II", head[16:24])


def bare(base):
    """From nothing to a page that answers, without us."""
    begin = time.perf_counter()
    browser = Chromium(f"{base}/bare")
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    browser.call("Runtime.evaluate", session, expression="1")
    seconds = time.perf_counter() - begin
    browser.process.kill()
    browser.process.wait()
    # The next one gets the same numbers, which do not stand in each other's way.
    os.close(browser.to)
    os.close(browser.come)
    return seconds


def sandboxed(profile, port, base):
    """A gateway under the launcher, and who asks its browser control; it has two browser profiles."""
    state = f"{base}/state-{profile}"
    os.mkdir(state, 0o700)
    user = []
    if os.geteuid() == 0:
        os.chown(state, USER, USER)
        user = ["--user", f"{USER}:{USER}"]
    with open(f"{state}/mazelclaw.json", "w") as file:
        json.dump({"gateway": {"mode": "local", "auth": {"token": "bench-token"}},
                   "browser": {"headless": True, "profiles": {"work": {"driver": "clawd", "color": "#0066CC"}}}}, file)
    os.chmod(f"{state}/mazelclaw.json", 0o600)
    if user:
        os.chown(f"{state}/mazelclaw.json", USER, USER)
    process = subprocess.Popen(
        [LAUNCHER, "--profile", profile, "--port", str(port), "--state-dir", state, *user], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    if "listening" not in process.stdout.readline():
        sys.exit(f"bench: the gateway of {profile} did not start under the launcher")
    return process, Control("bench-token", port)


def four(base):
    """From nothing to four browsers that each show a page: two profiles under the launcher, each with two, asked at once."""
    os.chmod(base, 0o755)
    gateways = [sandboxed(f"four-{n}", PORT + 128 * n, base) for n in (1, 2)]
    try:
        begin = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = [
                pool.submit(control.ask, "POST", "/tabs/open", {"url": address(FORM), "profile": profile})
                for _, control in gateways for profile in ("clawd", "work")]
            for answer in answers:
                answer.result()
        seconds = time.perf_counter() - begin
        for _, control in gateways:
            for profile in ("clawd", "work"):
                status = control.ask("GET", f"/?profile={profile}")
                if not (status["running"] and status["ownCage"] and status["sandbox"]["holds"]):
                    sys.exit(f"bench: one of the four browsers is not as it must be: {status}")
        return seconds
    finally:
        for process, _ in gateways:
            process.terminate()
        for process, _ in gateways:
            process.wait()


def measure(control, base):
    faults = []

    def check(name, value, bar, unit):
        print(f"{name:<52} {value:8.2f} {unit:<3} bar {bar:g}")
        if value > bar:
            faults.append(name)

    check("four browsers of two profiles under the launcher", four(base), FOUR_BAR, "s")
    alone = statistics.median(bare(base) for _ in range(5))
    ours = []
    for _ in range(5):
        control.ask("POST", "/stop", {})
        ours.append(milliseconds(lambda: control.ask("POST", "/tabs/open", {"url": "about:blank"}))[0] / 1000)
    check("start to first tab, beyond Chromium's own", statistics.median(ours) - alone, START_BAR, "s")
    tab = control.ask("POST", "/tabs/open", {"url": address(FORM)})
    with sync_playwright() as playwright:
        seen = playwright.chromium.connect_over_cdp(control.ask("GET", "/")["cdpUrl"])
        # What we do, it sees.
        page = next(page for page in seen.contexts[0].pages if page.title() == "Form")
        refs = {ref["name"]: name for name, ref in control.ask("GET", "/snapshot")["refs"].items()}
        control.ask("POST", "/act", {"kind": "type", "ref": refs["Name"], "text": "Käthe"})
        if page.input_value("#n") != "Käthe":
            faults.append("Playwright does not see what was typed")
        control.ask("POST", "/act", {"kind": "click", "ref": refs["Send"]})
        if page.title() != "Käthe":
            faults.append("Playwright does not see the click")
        # What it does, we see.
        page.fill("#n", "Zoë")
        if "Zoë" not in control.ask("GET", "/snapshot")["snapshot"]:
            faults.append("we do not see what Playwright typed")
        control.ask("POST", "/navigate", {"url": address(LARGE), "targetId": tab["targetId"]})
        lines = control.ask("GET", "/snapshot?maxChars=10000000")["stats"]["refs"]
        if lines < 2500 or page.locator("a").count() != 2500:
            faults.append(f"a snapshot of 2500 links has {lines} refs")
        check("snapshot of 5,000 elements, median", median(lambda: control.ask("GET", "/snapshot?maxChars=10000000")),
              SNAPSHOT_BAR, "ms")
        # What Chromium takes to tell of the page is in that.
        direct = page.context.new_cdp_session(page)
        alone = statistics.median(milliseconds(lambda: direct.send("Accessibility.getFullAXTree"))[0] for _ in range(3))
        print(f"  Accessibility.getFullAXTree alone, by Playwright {alone:8.2f} ms")
        ours, theirs = [], []
        for _ in range(ROUNDS):
            took, answer = milliseconds(lambda: control.ask("POST", "/screenshot", {}))
            ours.append(took)
            theirs.append(milliseconds(lambda: page.screenshot(path=f"{base}/theirs.png"))[0])
            if size(answer["path"]) != size(f"{base}/theirs.png"):
                faults.append(f"pictures of {size(answer['path'])} and {size(base + '/theirs.png')}")
        check(f"screenshot, of Playwright's {statistics.median(theirs):.1f} ms",
              statistics.median(ours) / statistics.median(theirs), PICTURE_BAR, "x")
        seen.close()
    return faults


def main():
    base = tempfile.mkdtemp(prefix="bench-browser-")
    os.environ.update(HOME=base, XDG_CONFIG_HOME=f"{base}/c", XDG_STATE_HOME=f"{base}/s")
    subprocess.run([GATEWAY, "--profile", "bench", "setup", "--port", str(PORT)], check=True, stdout=subprocess.DEVNULL)
    path = f"{base}/.mazelclaw-bench/mazelclaw.json"
    with open(path) as file:
        configuration = json.load(file)
    configuration["browser"] = {
        "headless": True, "noSandbox": os.geteuid() == 0, "defaultProfile": "open",
        "profiles": {"open": {"cdpPort": PORT + 11, "color": "#0066CC"}},
    }
    with open(path, "w") as file:
        json.dump(configuration, file)
    process = subprocess.Popen(
        [GATEWAY, "--profile", "bench", "gateway", "--port", str(PORT)], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    try:
        if "listening" not in process.stdout.readline():
            sys.exit("bench: the gateway did not start")
        faults = measure(Control(configuration["gateway"]["auth"]["token"]), base)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(base, ignore_errors=True)
    for fault in faults:
        print(f"not as it should be: {fault}")
    sys.exit(1 if faults else 0)


main()
