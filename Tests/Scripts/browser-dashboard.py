#!/usr/bin/env python3
"""Signs in to the gateway's own page in a real Chromium and talks there: browser-dashboard.py STAGE [DIRECTORY]

What must not work is tried beside what must: a link that was used, a page of another origin, a page of the canvas. With a
DIRECTORY, pictures of the page are kept there: light, dark, and on a phone. Ends with 1 when anything is not as it should
be.
"""
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

# Nothing is left among the sources.
sys.dont_write_bytecode = True

from browser import free_port, start_gateway
from chromium import Chromium, Page

TOKEN = "the-token-of-the-browser-test"
ANSWER = """#!/bin/sh
case "$1" in
  *wait*) echo "one moment"; exec sleep 600 ;;
  *fail*) echo "no luck" >&2; exit 9 ;;
  *) echo "heard: $1" ;;
esac
"""
MARKUP = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script> & <b>bold</b>"
SOCKET = """new Promise((resolve) => {
  const socket = new WebSocket("ws://127.0.0.1:%d/");
  socket.onopen = () => resolve("open");
  socket.onerror = () => resolve("refused");
})"""
# WCAG 2.2, 1.4.3: text stands out from what is behind it by 4.5 to 1.
CONTRAST = """(() => {
  const light = (color) => {
    const parts = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = getComputedStyle(node).backgroundColor;
      if (!color.endsWith(", 0)")) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const poor = [];
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(walker.currentNode.data.trim());
  }
  return poor;
})()"""


class Setting:
    """A gateway with a page, an agent and a canvas, in a home of its own."""

    def __init__(self, stage):
        self.program = f"{stage}/bin/mazelclaw"
        self.home = tempfile.mkdtemp(prefix="mazelclaw-dashboard-")
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        state, canvas = f"{self.home}/.mazelclaw-browser-test", f"{self.home}/canvas"
        os.makedirs(state)
        os.makedirs(canvas)
        self.write(f"{self.home}/agent", ANSWER)
        os.chmod(f"{self.home}/agent", 0o755)
        self.write(f"{canvas}/index.html", "<!doctype html><title>canvas</title>")
        self.write(f"{state}/mazelclaw.json", json.dumps({
            "gateway": {"mode": "local", "auth": {"token": TOKEN}}, "canvasHost": {"root": canvas},
            "agents": {
                "list": [{"id": "main", "default": True, "model": "tool/any"}],
                "defaults": {"cliBackends": {"tool": {"command": f"{self.home}/agent", "output": "text"}}},
            },
        }))
        self.gateway = start_gateway(self.program, self.home, self.port)

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def command(self, *words):
        environment = {
            "HOME": self.home, "XDG_CONFIG_HOME": f"{self.home}/config", "XDG_STATE_HOME": f"{self.home}/state",
            "PATH": "/usr/bin:/bin",
        }
        return subprocess.run([self.program, "--profile", "browser-test", *words], env=environment, check=True,
                              capture_output=True, text=True, timeout=120).stdout

    def link(self):
        return json.loads(self.command("dashboard", "--json"))["url"]

    def close(self):
        self.gateway.terminate()
        self.gateway.wait()
        shutil.rmtree(self.home, ignore_errors=True)


class Run:
    """The attempts, and what came of them."""

    def __init__(self, setting, browser, pictures):
        self.setting, self.browser, self.pictures = setting, browser, pictures
        self.faults = []

    def check(self, name, is_so, seen=None):
        print(f"{'ok  ' if is_so else 'BAD '} {name}" + ("" if is_so or seen is None else f": {json.dumps(seen)}"))
        if not is_so:
            self.faults.append(name)

    def picture(self, page, name):
        if self.pictures:
            page.shot(f"{self.pictures}/{name}.png")

    def is_shown(self, page, name):
        return page.waits(f"!document.getElementById('{name}').hidden")

    def signed_in(self, address=None):
        page = self.browser.page()
        page.open(address or self.setting.link())
        self.is_shown(page, "chat")
        page.waits("document.getElementById('facts').textContent.includes('Clients')")
        return page

    # What anybody sees who reaches the port.
    def without_link(self):
        page = self.browser.page()
        page.looks(1280, 900, "light")
        page.open(self.setting.base + "/")
        self.check("without a link the page says how to get one", self.is_shown(page, "signed-out"))
        text = page.value("document.body.innerText")
        for word in ("browser-test", "ready", f"{self.setting.port}", "mazelclaw --profile browser-test dashboard"):
            self.check(f"without a link it shows {word}", word in text, text)
        for word in ("Conversation", "Refused", "heard"):
            self.check(f"without a link it does not show {word}", word not in text, text)
        self.check("nothing went wrong in it", page.faults() == [], page.faults())
        self.picture(page, "signed-out-light")
        page.looks(390, 844, "dark", is_phone=True)
        self.picture(page, "signed-out-phone-dark")

    def says(self, page, text):
        page.type("#text", text)
        page.key("Enter", 13)

    def talk(self):
        link = self.setting.link()
        page = self.signed_in(link)
        secret = link.split("=")[1]
        self.check("a link signs the page in", page.value("!document.getElementById('chat').hidden"))
        self.check("it is out of the address", page.value("location.href") == self.setting.base + "/")
        self.check("the token is kept nowhere", page.value("localStorage.length + document.cookie.length") == 0)
        self.check("what is kept is not the link's secret",
                   page.value(f"!JSON.stringify(sessionStorage).includes('{secret}')"))
        self.says(page, "hello there")
        self.check("what is said is answered", page.waits(
            "document.querySelector('#messages .assistant:last-child .text')?.textContent.includes('heard:')"))
        self.says(page, MARKUP)
        self.check("markup stays text", page.waits(
            "document.querySelectorAll('#messages .assistant').length === 2"
            " && document.getElementById('messages').textContent.includes('onerror')"))
        self.check("and is never run", page.value(
            "document.querySelectorAll('#messages img, #messages b, #messages script').length") == 0
            and "run" != page.value("document.title"))
        self.says(page, "wait for it")
        self.check("an answer that is under way shows", self.is_shown(page, "live"))
        self.check("and can be stopped", self.is_shown(page, "stop"))
        self.picture(page, "answering-light")
        page.click("#stop")
        self.check("it is stopped", page.waits("document.getElementById('fault').textContent.includes('stopped')"))
        self.check("and called so", page.waits(
            "document.querySelector('#messages .assistant:last-child .who').textContent.includes('stopped')"))
        self.check("and then no more shown", page.value("document.getElementById('live').hidden"))
        self.says(page, "fail")
        self.check("a failure is told", page.waits("document.getElementById('fault').textContent.includes('no luck')"))
        count = "document.querySelectorAll('#messages .message').length"
        before = page.value(count)
        self.setting.command("chat", "from a terminal")
        self.check("what is said elsewhere shows here", page.waits(f"{count} === {before + 2}"), page.value(count))
        page.call("Page.reload")
        self.check("the page is signed in after it was loaded again", page.waits(f"{count} === {before + 2}"))
        self.check("nothing went wrong in it", page.faults() == [], page.faults())
        asked = page.requests()
        self.check("nothing is asked for elsewhere", all(
            address.startswith((self.setting.base, f"ws://127.0.0.1:{self.setting.port}/", "data:"))
            for address in asked), asked)
        # The fragment is what the browser opened, and what it sent to nobody.
        self.check("no address holds the secret", not any(secret in address for address in asked), asked)
        self.check("nor does the log", secret not in self.setting.command("logs", "--limit", "5000"))
        return link, page

    def shapes(self, page):
        page.waits("document.getElementById('refusals').children.length > 0")
        self.check("what was refused shows", "another origin" in page.value(
            "document.getElementById('refusals').textContent"))
        self.check("what can be used has a name", page.unnamed() == [], page.unnamed())
        for name, size, is_phone in (("wide", (1280, 900), False), ("phone", (390, 844), True), ("narrow", (320, 640), True)):
            for scheme in ("light", "dark"):
                page.looks(*size, scheme, is_phone)
                wide = page.value("document.documentElement.scrollWidth")
                self.check(f"{name}, {scheme}: nothing is cut off", wide <= size[0], wide)
                poor = page.value(CONTRAST)
                self.check(f"{name}, {scheme}: everything can be read", poor == [], poor)
                self.picture(page, f"signed-in-{name}-{scheme}")

    def choose(self, page):
        self.setting.command("chat", "--session", "garden", "about tomatoes")
        page.call("Page.reload")
        key = "agent:main:garden"
        self.check("a session can be chosen", page.waits(f"document.querySelector('#session option[value=\"{key}\"]')"))
        page.value(f"(() => {{ const field = document.getElementById('session'); field.value = '{key}';"
                   " field.dispatchEvent(new Event('change')); })()")
        said = "document.getElementById('messages').innerText"
        self.check("and shows what was said there", page.waits(
            f"{said}.includes('heard: about tomatoes') && !{said}.includes('hello there')"), page.value(said))

    def sign_out(self, page):
        page.click("#sign-out")
        self.check("who signs out sees no conversation", self.is_shown(page, "signed-out")
                   and page.value("document.getElementById('chat').hidden"))
        page.call("Page.reload")
        self.check("also when the page is loaded again", self.is_shown(page, "signed-out")
                   and page.value("sessionStorage.length") == 0)

    def no_second_time(self, link):
        page = self.browser.page()
        page.open(link)
        self.check("a second page is not signed in by the link", page.waits(
            "document.getElementById('signed-out-reason').textContent.includes('has signed a page in before')"))
        self.check("and shows no conversation", page.value("document.getElementById('chat').hidden"))
        self.check("the link is out of its address too", page.value("location.hash") == "")

    def other_tab(self, page):
        tab = Page(self.browser, page.context)
        tab.open(self.setting.base + "/")
        self.check("another tab is not signed in", self.is_shown(tab, "signed-out"))
        tab.open(self.setting.link())
        self.check("and is by a link of its own, also on the page that is open", self.is_shown(tab, "chat"))
        self.sign_out(tab)
        self.check("the first is signed in still", page.value("!document.getElementById('chat').hidden"))

    def canvas(self):
        page = self.browser.page()
        page.open(f"{self.setting.base}/__mazelclaw__/canvas/")
        page.waits("document.title === 'canvas'")
        self.check("a page of the canvas gets no WebSocket to show a link on",
                   page.value(SOCKET % self.setting.port) == "refused")
        for storage in ("sessionStorage", "localStorage"):
            self.check(f"nor {storage}", page.value(
                f"(() => {{ try {{ return '' + {storage}; }} catch {{ return 'refused'; }} }})()") == "refused")
        self.check("nor the gateway's page", page.value(
            "fetch('/', { headers: { accept: 'text/html' } }).then((r) => r.text(), () => 'refused')") == "refused")

    def other_origin(self):
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>other</title>")

            def log_message(self, *_):
                pass
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            page = self.browser.page()
            page.open(f"http://127.0.0.1:{server.server_port}/")
            page.waits("document.title === 'other'")
            self.check("a page of another origin gets no WebSocket", page.value(SOCKET % self.setting.port) == "refused")
            self.check("nor may it read the gateway's page", page.value(
                f"fetch('{self.setting.base}/').then((r) => r.text(), () => 'refused')") == "refused")
            page.value(f"""new Promise((resolve) => {{
              const frame = document.createElement("iframe");
              frame.onload = frame.onerror = () => resolve();
              frame.src = "{self.setting.base}/";
              document.body.append(frame);
            }})""")
            self.check("nor show it in a frame", page.statuses(f"{self.setting.base}/")[-1:] == [404],
                       page.statuses(f"{self.setting.base}/"))
            page.open(f"{self.setting.base}/")
            self.check("but it may lead there", self.is_shown(page, "signed-out")
                       and page.statuses(f"{self.setting.base}/")[-1:] == [200], page.statuses(f"{self.setting.base}/"))
            server.shutdown()

    def restart(self, page):
        self.setting.gateway.terminate()
        self.setting.gateway.wait()
        self.check("a gateway that ends is told of", page.waits(
            "document.getElementById('state-text').textContent.includes('went away')"))
        self.setting.gateway = start_gateway(self.setting.program, self.setting.home, self.setting.port)
        self.check("another start signs the page out", self.is_shown(page, "signed-out"))
        self.check("and nothing is kept", page.value("sessionStorage.length") == 0)


def main():
    stage, pictures = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    setting = Setting(stage)
    browser = Chromium(f"{setting.home}/profile")
    run = Run(setting, browser, pictures)
    try:
        run.without_link()
        run.other_origin()
        link, page = run.talk()
        run.no_second_time(link)
        run.other_tab(page)
        run.canvas()
        run.shapes(page)
        run.choose(page)
        run.restart(page)
    finally:
        browser.close()
        setting.close()
    print(f"{len(run.faults)} not as they should be" if run.faults else "all as it should be")
    return 1 if run.faults else 0


if __name__ == "__main__":
    sys.exit(main())
