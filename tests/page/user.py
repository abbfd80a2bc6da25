"""What somebody does on the page, and what they see."""

import base64
import json
import pathlib
import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PICTURES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "pictures"
AXE = Axe()
# What the browser itself logs of answers that are no success; the page handles them.
EXPECTED_LOGS = ("Failed to load resource",)

MAKE_FILE = """([name, type, base64]) => {
  const transfer = new DataTransfer();
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  transfer.items.add(new File([bytes], name, { type }));
  return transfer;
}"""


class User:
    def __init__(self, context, url):
        self.context, self.url, self.page = context, url, context.new_page()
        self.faults, self.requests = [], []
        self.page.set_default_timeout(15_000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._logged)
        self.page.on("request", lambda request: self.requests.append(request))

    def _logged(self, message):
        if message.type == "error" and not message.text.startswith(EXPECTED_LOGS):
            self.faults.append(message.text)

    # ---- doing

    def opens(self, fragment="", wait=True):
        self.page.goto(self.url + fragment)
        if wait:
            expect(self.rows.first).to_be_visible()
        return self

    def types(self, text):
        self.page.locator("#word").press_sequentially(text)

    def picks(self, choice):
        self.page.get_by_role("radio", name=choice, exact=True).check()

    def waits_for(self, happened, instead=lambda: "", seconds=15):
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, f"it did not happen; instead: {instead()}"
            self.page.wait_for_timeout(30)

    def removes_all_words(self):
        self.page.get_by_role("button", name="Clear").click()

    def chooses(self, picture):
        self.page.locator("#file").set_input_files(picture)

    def transfer(self, name, kind, data):
        return self.page.evaluate_handle(MAKE_FILE, [name, kind, base64.b64encode(data).decode()])

    def drops(self, name, kind, data):
        transfer = self.transfer(name, kind, data)
        for event in ("dragenter", "dragover", "drop"):
            self.page.dispatch_event("body", event, {"dataTransfer": transfer})

    def pastes(self, name, kind, data):
        self.page.evaluate(
            "(data) => document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))",
            self.transfer(name, kind, data),
        )

    def place(self, x, y):
        """The place on the screen of a part of the shown picture, 0 … 1, while all of it is shown."""
        box = self.page.locator("#canvas").bounding_box()
        width, height = self.picture_size()
        scale = min((box["width"] - 28) / width, (box["height"] - 28) / height)
        left = box["x"] + (box["width"] - width * scale) / 2
        top = box["y"] + (box["height"] - height * scale) / 2
        return left + x * width * scale, top + y * height * scale

    def picture_size(self):
        words = self.page.locator("#canvas").get_attribute("aria-label").split()
        return int(words[-4]), int(words[-2])

    def downloads(self, kind):
        self.page.get_by_role("button", name="Download").click()
        with self.page.expect_download() as waiting:
            self.page.locator(f"#download-menu [data-write={kind}]").click()
        return waiting.value.suggested_filename, pathlib.Path(waiting.value.path()).read_bytes()

    # ---- seeing

    @property
    def rows(self):
        return self.page.locator("#segments button")

    @property
    def chips(self):
        return self.page.locator("#chips .chip .text")

    def names(self):
        return sorted(self.page.locator("#segments .name").evaluate_all("all => all.map(one => one.firstChild.textContent)"))

    def sees(self, *names):
        for name in names:
            expect(self.rows.locator(".name", has_text=name).first).to_be_visible()
        return self

    def status(self):
        return self.page.locator("#status")

    def notice(self):
        return self.page.locator("#notice")

    def sent(self, ending, method="POST"):
        return [one for one in self.requests if one.method == method and one.url.endswith(ending)]

    def last_question(self):
        """What was last asked for the list of segments; suggestions and files want no map, nor do instances."""
        asked = [json.loads(one.post_data) for one in self.sent("/segments")]
        return [one for one in asked if one["map"] == "rle" or one["task"] == "instance"][-1]

    def has_no_barriers(self):
        """Neither by axe's rules of WCAG 2.2 AA nor by its good practice, nor wider than the window."""
        # What fades in is measured when it is there.
        self.page.wait_for_timeout(50)
        result = AXE.run(self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        found = [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in result.response["violations"]]
        assert not found, "\n".join(found)
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{wide} pixels wider than the window"
        return self
