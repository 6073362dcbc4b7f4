"""What the checks of the Python clients share: a runner, and a wire that can be cut."""

import json
import socket
import sys
import threading
import time
import traceback

COMMAND = [
    "cmd-0001",
    "say hello world, this is a command payload of about one hundred bytes, padded xxxxxxxxxxxxxxxxxxxxxxx",
]
TEXTS = ["", "one\u001etwo", '"\\"/', "Grüße, Łukasz", "Привет 世界 שלום", "👩‍👩‍👧‍👦𝕏", "\u2028", '{"type":7}']


def failed(method):
    return f"Failed to invoke '{method}' due to an error on the server."


def unexpected(method):
    return f"An unexpected error occurred invoking '{method}' on the server."


# Calls that fail, and with which words.
FAILURES = [
    ("Nope", [], failed("Nope") + " HubException: Method does not exist."),
    ("Echo", [], failed("Echo")),
    ("Echo", ["one", "two"], failed("Echo")),
    ("Add", [1, "two"], failed("Add")),
    ("Fail", [], unexpected("Fail")),
    ("FailHub", [], unexpected("FailHub") + " HubException: public detail"),
]


def same(found, expected, what=""):
    if found != expected:
        raise AssertionError(f"{what}: found {found!r:.300}, expected {expected!r:.300}")


def until(what, probe, within=15.0):
    deadline = time.monotonic() + within
    while not probe():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within} s in vain: {what}")
        time.sleep(0.01)


def report(name, run):
    """Runs a check and prints a line of JSON: its name, and what went wrong, if anything.

    A fourth word on the command line limits the checks to those whose name contains it.
    """
    if name != "connects" and not all(part in name for part in sys.argv[4:]):
        return
    error = None
    try:
        run()
    except Exception:  # noqa: BLE001: whatever it is, the line says it
        error = traceback.format_exc()
    print(json.dumps({"name": name, "error": error}), flush=True)


def arguments():
    """The server's address, the transport and the protocol, from the command line."""
    url, transport, protocol = sys.argv[1:4]
    return url, transport, protocol


class Relay:
    """A wire to the server that can be cut."""

    def __init__(self, url):
        host, port = url.removeprefix("http://").split(":")
        self._server = (host, int(port))
        self._open = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(self._server)
            with self._lock:
                self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        # The client may be back before the last end is cut.
        with self._lock:
            ends, self._open = self._open, []
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
