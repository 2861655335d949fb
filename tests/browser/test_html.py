"""The HTML report, read by an HTML parser and used in a headless browser.

usage: test_html.py PROGRAM [SCREENSHOT-FOLDER]

The parser checks the nesting of elements, the browser the filter box, both colour schemes, the console and the network.
Exit 77: no chromedriver and no Chromium are installed; then only the parser's part has run.
"""

import base64
import html.parser
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM = os.path.abspath(sys.argv[1])
SCREENSHOTS = sys.argv[2] if len(sys.argv) > 2 else None
NASTY = "<script>alert(1)</script>&amp;\"'</td>"
VOID = {"meta", "input"}
CLASH = ("services:\n  web: {image: x, ports: ['8080:80', '9000:9000']}\n"
         "  admin: {image: x, ports: ['127.0.0.1:8080:3000']}\n")


def report(text, *options):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([PROGRAM, "--lint", "--no-config", "-o", "html", *options, "compose.yaml"], cwd=folder,
                              capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1, 2), done
        return done.stdout


class Parser(html.parser.HTMLParser):
    """Elements are closed in order, identifiers are unique and links lead to them; nothing is loaded."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.text = [], [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert "src" not in attributes and tag not in ("link", "iframe", "img", "object"), (tag, attributes)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if "href" in attributes:
            self.links.append(attributes["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text.append(data)


def parse(page):
    parser = Parser()
    parser.feed(page)
    parser.close()
    assert not parser.open, parser.open
    assert len(parser.ids) == len(set(parser.ids)), parser.ids
    assert all(link[0] == "#" and link[1:] in parser.ids for link in parser.links), parser.links
    return parser


class Browser:
    """A headless Chromium behind its WebDriver."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1000,700", "--host-resolver-rules=MAP * ~NOTFOUND"]
        wanted = {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}}
        for _ in range(100):
            try:
                self.session = ""
                self.session = "/session/" + self.call("POST", "/session", wanted)["sessionId"]
                return
            except urllib.error.URLError:
                time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")

    def call(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.url + self.session + path, data, {"Content-Type": "application/json"},
                                         method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)["value"]

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def element(self, css):
        return next(iter(self.call("POST", "/element", {"using": "css selector", "value": css}).values()))

    def close(self):
        self.call("DELETE", "")
        self.driver.terminate()
        self.driver.wait()


class Pages(unittest.TestCase):
    def test_a_clash(self):
        page = parse(report(CLASH))
        text = "".join(page.text)
        self.assertIn("KP101", text)
        self.assertEqual(page.links, ["#finding-1", "#finding-1"])
        self.assertLess(text.index("8080/tcp"), text.index("9000/tcp"))

    def test_hostile_names(self):
        service = json.dumps(NASTY)
        for value in (f"services:\n  {service}: {{image: x, ports: ['80:80', '80:81']}}\n",
                      f"services:\n  a: {{image: x, ports: [{service}]}}\n", f"name: {service}\nservices: {{}}\n",
                      "services:\n  \"\\e[31m\\u202e\": {image: x, ports: ['80:80', '80:81']}\n"):
            page = report(value)
            parse(page)
            self.assertEqual(page.count("<script>"), 1)
            self.assertFalse(set(page) & set("\x1b\u202e"))

    def test_a_clean_project(self):
        text = "".join(parse(report("services: {a: {image: x}}\n")).text)
        self.assertIn("0 errors", text)

    def test_a_question(self):
        """A list of ports in use has their state in place of a place in a file."""
        example = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                               "../../manifests/examples/kubernetes/live-waiting-pod")
        done = subprocess.run([PROGRAM, "--no-config", "-o", "html", "--against", "dump.json"], cwd=example,
                              capture_output=True, text=True, check=False)
        text = "".join(parse(done.stdout).text)
        self.assertIn("State", text)
        self.assertIn("every address, on n1shop/webPod", text)
        self.assertIn("scheduler says: ", text)

    def test_five_thousand_ports(self):
        page = report("services:\n" + "".join(f"  service-{port}: {{image: x, ports: ['{port}:80']}}\n"
                                              for port in range(10000, 15000)))
        self.assertEqual(page.count("<tr><th scope=\"row\">"), 5000)
        self.assertLess(len(page.encode()), 2_000_000)


@unittest.skipUnless(shutil.which("chromedriver") and shutil.which("chromium"), "no Chromium")
class InABrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def show(self, page):
        path = os.path.join(self.folder.name, "ports.html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
        self.browser.call("POST", "/url", {"url": "file://" + path})

    def shown_rows(self):
        return self.browser.run("return [...document.querySelectorAll('tbody tr')].filter(r => !r.hidden)"
                                ".map(r => r.cells[0].textContent + ' ' + r.cells[2].textContent)")

    def assert_quiet(self):
        """No error on the console and no request but that of the file."""
        self.assertEqual(self.browser.call("POST", "/se/log", {"type": "browser"}), [])
        for entry in self.browser.call("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.assertRegex(message["params"]["request"]["url"], r"^(file|data|about|chrome):")

    def screenshot(self, name):
        if SCREENSHOTS:
            with open(os.path.join(SCREENSHOTS, name + ".png"), "wb") as file:
                file.write(base64.b64decode(self.browser.call("GET", "/screenshot")))

    def test_the_filter(self):
        self.show(report(CLASH))
        self.assertEqual(len(self.shown_rows()), 3)
        box = self.browser.element("#words")
        self.browser.call("POST", f"/element/{box}/value", {"text": "8080 ADMIN"})
        self.assertEqual([row.split()[0] for row in self.shown_rows()], ["8080/tcp"])
        self.assertEqual(self.browser.run("return document.getElementById('shown').textContent"), "1 shown")
        self.screenshot("filter")
        self.browser.call("POST", f"/element/{box}/clear")
        self.browser.call("POST", f"/element/{box}/value", {"text": "nothing"})
        self.assertEqual(self.shown_rows(), [])
        self.assert_quiet()

    def test_contrast_in_light_and_dark(self):
        """Text has at least 4.5:1 (WCAG AA) against its own background."""
        self.show(report(CLASH))
        for scheme in ("light", "dark"):
            self.browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
                "features": [{"name": "prefers-color-scheme", "value": scheme}]}})
            self.screenshot(scheme)
            pairs = self.browser.run("""
                const seen = [];
                for (const e of document.querySelectorAll('h1, h2, h3, p, caption, th, td, a, code, li')) {
                    let b = e;
                    while (b && getComputedStyle(b).backgroundColor === 'rgba(0, 0, 0, 0)') b = b.parentElement;
                    seen.push([e.tagName, getComputedStyle(e).color, getComputedStyle(b || document.body).backgroundColor]);
                }
                return seen;""")
            self.assertGreater(len(pairs), 10)
            for tag, front, back in pairs:
                self.assertGreaterEqual(contrast(front, back), 4.5, (scheme, tag, front, back))
        self.assert_quiet()

    def test_keyboard_and_names(self):
        self.show(report(CLASH))
        self.assertEqual(self.browser.run("return document.querySelector('label').control.id"), "words")
        self.browser.run("document.body.focus()")
        self.browser.call("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": [
            {"type": "keyDown", "value": "\ue004"}, {"type": "keyUp", "value": "\ue004"}]}]})
        self.assertEqual(self.browser.run("return document.activeElement.id"), "words")
        scopes = self.browser.run("return [...document.querySelectorAll('th')].every(h => h.scope)")
        self.assertTrue(scopes)


def contrast(front, back):
    def luminance(colour):
        channels = [int(float(part)) / 255 for part in colour[colour.index("(") + 1:-1].split(",")[:3]]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    bright, dark = sorted((luminance(front), luminance(back)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


if __name__ == "__main__":
    result = unittest.main(argv=sys.argv[:1], exit=False, verbosity=1).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.skipped else 0)
