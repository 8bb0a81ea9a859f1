"""Chromium without a window, steered by its DevTools protocol through two pipes: no driver, no package."""

from __future__ import annotations

import base64
import itertools
import json
import os
import queue
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_FLAGS = (
    "--headless",
    "--no-sandbox",  # which root has not
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # WebGL by the processor
    "--disable-features=IsolateSandboxedIframes",  # frames are pages of another process then
    "--remote-debugging-pipe",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
)
_PATIENCE = 120.0  # seconds, of a busy machine
_KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "ArrowLeft": (37, ""), "ArrowRight": (39, ""), "ArrowDown": (40, "")}


class Browser:
    """A page of a browser, in ``with``.

    Args:
        program: Chromium.
        profile: A folder for its files.
        width: Of the page, in pixels.
        height: The same.

    Attributes:
        events: What the browser reported, as dicts with "method" and "params".
    """

    def __init__(self, program: str, profile: Path, width: int = 1200, height: int = 800) -> None:
        self.events: list[dict[str, Any]] = []
        self._ids = itertools.count(1)
        self._session: str | None = None
        self._came: queue.Queue[dict[str, Any] | None] = queue.Queue()
        asks, self._asks = os.pipe()
        self._answers, answers = os.pipe()
        # the browser reads file 3 and writes file 4
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$0" "$@" 3<&{asks} 4>&{answers}', program, *_FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(asks, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(asks)
        os.close(answers)
        threading.Thread(target=self._listen, daemon=True).start()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._asks)  # which ends it
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        rest = b""
        with os.fdopen(self._answers, "rb", buffering=0) as answers:
            while data := answers.read(1 << 20):
                *whole, rest = (rest + data).split(b"\0")
                for message in whole:
                    self._came.put(json.loads(message))
        self._came.put(None)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return what it answers."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._asks, data) :]
        while True:
            came = self._came.get(timeout=_PATIENCE)
            if came is None:
                raise RuntimeError("the browser ended")
            if came.get("id") != number:
                self.events.append(came)
                continue
            if "error" in came:
                raise RuntimeError(f"{method}: {came['error']}")
            found: dict[str, Any] = came["result"]
            return found

    def run(self, program: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        found = self.call("Runtime.evaluate", expression=program, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def until(self, condition: str) -> Any:
        """Wait until an expression is true, and return its value."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if value := self.run(condition):
                return value
            time.sleep(0.03)
        raise TimeoutError(f"{condition}; the page says: {self.run('document.body?.innerText')}")

    def open(self, page: Path) -> None:
        """Load a map, and wait until it is drawn."""
        self.call("Page.navigate", url=page.as_uri())
        self.until("document.documentElement?.dataset.ready")

    def resize(self, width: int, height: int) -> None:
        """Give the page another size in pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme: str) -> None:
        """Let the system wish for "dark" or "light" pages."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """Send an event of the mouse: "Moved", "Pressed", "Released" or "Wheel"."""
        if kind in ("Pressed", "Released"):
            more |= {"button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **more)

    def click(self, x: float, y: float) -> None:
        """Click with the left button."""
        for kind in ("Moved", "Pressed", "Released"):
            self.mouse(kind, x, y)

    def drag(self, *places: tuple[float, float]) -> None:
        """Press the left button at the first place, go through the others, and release it at the last one."""
        self.mouse("Moved", *places[0])
        self.mouse("Pressed", *places[0])
        for place in places[1:]:
            self.mouse("Moved", *place, button="left", buttons=1)
        self.mouse("Released", *places[-1])

    def press(self, *keys: str) -> None:
        """Press keys of the keyboard, by their names or signs."""
        for key in keys:
            code, text = _KEYS[key] if key in _KEYS else (ord(key.upper()) if key.isalnum() else 0, key)
            about = {"key": key, "windowsVirtualKeyCode": code}
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
            self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        """Type into the field that has the focus."""
        self.call("Input.insertText", text=text)

    def picture(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    @property
    def fetched(self) -> list[str]:
        """Addresses that the page asked for."""
        return [
            event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"
        ]

    @property
    def errors(self) -> list[str]:
        """What went wrong: exceptions, errors and warnings of the console, and what the page's policy refused.

        Drivers that draw by the processor warn of their own slowness, which is left out.
        """
        found = []
        for event in self.events:
            parameters = event["params"]
            if event["method"] == "Runtime.exceptionThrown" or (
                event["method"] == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert")
            ):
                found.append(str(parameters))
            elif event["method"] == "Log.entryAdded":
                entry = parameters["entry"]
                if entry["level"] in ("error", "warning") and "GL Driver Message" not in entry["text"]:
                    found.append(str(entry))
        return found
