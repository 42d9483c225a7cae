"""A real Chromium, told what to do over its DevTools pipe (--remote-debugging-pipe): no port, and nothing to install."""
import base64
import json
import os
import shutil
import subprocess
import time


class Chromium:
    """The browser. Each `page()` has storage of its own, as another person's browser has."""

    def __init__(self, profile):
        names = ("chromium-headless-shell", "chromium")
        program = next((path for path in map(shutil.which, names) if path), None)
        if not program:
            raise SystemExit("neither chromium-headless-shell nor chromium is installed")
        command = [
            program, "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={profile}",
        ]
        if os.geteuid() == 0:
            command.append("--no-sandbox")
        their_input, self.to = os.pipe()
        self.come, their_output = os.pipe()
        # The browser reads descriptor 3 and writes descriptor 4.
        shell = ["/bin/sh", "-c", f'exec "$@" 3<&{their_input} 4>&{their_output}', "sh"]
        self.process = subprocess.Popen(
            shell + command, pass_fds=(their_input, their_output), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(their_input)
        os.close(their_output)
        self.rest = b""
        self.number = 0
        self.pages = {}

    def call(self, method, session=None, **params):
        """The result of a command. Events that come meanwhile go to their pages."""
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            message = self.read()
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            page = self.pages.get(message.get("sessionId"))
            if page and "method" in message:
                page.events.append(message)

    def read(self):
        while b"\0" not in self.rest:
            more = os.read(self.come, 1 << 16)
            if not more:
                raise SystemExit("the browser ended")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def page(self):
        return Page(self, self.call("Target.createBrowserContext")["browserContextId"])

    def close(self):
        self.process.terminate()
        self.process.wait()
        os.close(self.to)
        os.close(self.come)


class Page:
    """One tab, in a storage of its own or, with another's `context`, in that one's."""

    def __init__(self, browser, context):
        self.browser = browser
        self.context = context
        self.events = []
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def open(self, address):
        self.call("Page.navigate", url=address)

    def value(self, expression):
        """What `expression` is in the page; what it promises, when that is there."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def waits(self, expression, seconds=60):
        """Whether `expression` is true within a minute."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.value(f"!!({expression})"):
                    return True
            except RuntimeError:
                # Between two documents.
                pass
            time.sleep(0.05)
        return False

    def key(self, name, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code,
                      text="\r" if name == "Enter" and kind == "keyDown" else "")

    def type(self, selector, text):
        self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)

    def click(self, selector):
        """A click of a mouse in the middle of the element."""
        place = self.value(
            f"(() => {{ const node = document.querySelector({json.dumps(selector)}); node.scrollIntoView();"
            " const box = node.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def looks(self, width, height, scheme, is_phone=False):
        """Has the page shown so wide and high, light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, mobile=is_phone,
                  deviceScaleFactor=2 if is_phone else 1)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def shot(self, path):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def faults(self):
        """Everything that went wrong in the page: exceptions, refusals of its policy, errors of its console."""
        found = []
        for event in self.events:
            method, params = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                found.append(params["exceptionDetails"]["text"])
            elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
                found.append(params["entry"]["text"])
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
                found.append(json.dumps(params["args"]))
        return found

    def requests(self):
        """The addresses of everything that was asked for."""
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"] + [
                    event["params"]["url"] for event in self.events if event["method"] == "Network.webSocketCreated"]

    def statuses(self, address):
        """What was answered to the requests for `address`."""
        return [event["params"]["response"]["status"] for event in self.events
                if event["method"] == "Network.responseReceived" and event["params"]["response"]["url"] == address]

    def unnamed(self):
        """What can be used and says nothing to who cannot see it."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [node["role"]["value"] for node in nodes if not node["ignored"]
                and node["role"]["value"] in ("button", "textbox", "combobox", "link", "log")
                and not node.get("name", {}).get("value")]
