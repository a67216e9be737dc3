"""A headless chromium that a test drives by its own protocol, over two pipes."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.need import lacking

_COMMAND = """exec chromium --headless --no-sandbox --disable-gpu --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --user-data-dir="$1" --remote-debugging-pipe 3<&"$2" 4>&"$3" about:blank"""
_PATIENCE = 20.0


class Page:
    """One page. `requests`: what it asked for; `said`: what ran in it and what was refused."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count(1)
        self._buffer = b""
        self._session: str | None = None
        self.requests: list[str] = []
        self.said: list[str] = []
        self._is_loaded = False
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._call(f"{domain}.enable")

    def open(self, url: str) -> None:
        """Until it is loaded."""
        self.requests.clear()
        self.said.clear()
        self._is_loaded = False
        self._call("Page.navigate", url="about:blank")  # another fragment alone loads nothing
        self._is_loaded = False
        self._call("Page.navigate", url=url)
        while not self._is_loaded:
            self._heard(self._read())

    def evaluate(self, expression: str) -> Any:
        """What it comes to, once it is true or known."""
        call = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        return self._call("Runtime.evaluate", **call)["result"].get("value")

    def until(self, expression: str) -> Any:
        """What it comes to, once that is true."""
        deadline = time.monotonic() + _PATIENCE
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < deadline, expression
            time.sleep(0.02)
        return value

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self._heard(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._reader, 1 << 16)
            assert data, "the browser is gone"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _heard(self, event: dict[str, Any]) -> None:
        match event.get("method"), event.get("params", {}):
            case "Page.loadEventFired", _:
                self._is_loaded = True
            case "Network.requestWillBeSent", {"request": {"url": url}}:
                self.requests.append(url)
            case "Log.entryAdded", {"entry": {"text": text}}:
                self.said.append(text)
            case ("Runtime.exceptionThrown" | "Runtime.consoleAPICalled") as method, params:
                self.said.append(f"{method} {params}")
            case "Page.javascriptDialogOpening", {"message": message}:
                self.said.append(f"dialog: {message}")


def _moved(file: int) -> int:
    try:
        return fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 10)
    finally:
        os.close(file)


@contextmanager
def browsing(place: Path) -> Iterator[Page]:
    """A browser with a profile of its own, which ends with it."""
    if not Path("/usr/bin/chromium").exists():
        lacking("pages are looked at with chromium: make setup")
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # Out of the way of 3 and 4, which are chromium's; sh knows no numbers above 9.
    theirs_in, theirs_out = (_moved(file) for file in (theirs_in, theirs_out))
    files = (str(theirs_in), str(theirs_out))
    command = ["bash", "-c", _COMMAND, "bash", str(place / "profile"), *files]
    browser = subprocess.Popen(
        command,
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(place), "XDG_CONFIG_HOME": str(place)},
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Page(ours_in, ours_out)
    finally:
        browser.kill()
        browser.wait()
        os.close(ours_in)
        os.close(ours_out)
