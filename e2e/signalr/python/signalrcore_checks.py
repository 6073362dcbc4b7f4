"""The client `signalrcore` as it is, against a hub: `signalrcore_checks.py URL TRANSPORT PROTOCOL`."""

import logging
import os
import threading
import time

from signalrcore.hub_connection_builder import HubConnectionBuilder
from signalrcore.types import HttpTransportType, HubProtocolEncoding

from checks import COMMAND, FAILURES, TEXTS, Relay, arguments, report, same, until

URL, TRANSPORT, PROTOCOL = arguments()
# This client asks once for every record that it gets there.
IS_POLLING = TRANSPORT == "LongPolling"


class Client:
    def __init__(self, url=URL, reconnect=False):
        builder = HubConnectionBuilder().with_url(
            f"{url}/plugin-hub", options={"transport": HttpTransportType(TRANSPORT), "headers": {"X-Test": "1"}}
        ).with_hub_protocol(HubProtocolEncoding.text if PROTOCOL == "json" else HubProtocolEncoding.binary)
        if reconnect:
            builder = builder.with_automatic_reconnect({"type": "raw", "reconnect_interval": 0.1, "max_attempts": 50})
        self.hub = builder.configure_logging(logging.CRITICAL).build()
        self.events = {"ReceiveMessage": [], "ExecuteCommand": []}
        self.opened = self.closed = 0
        self._answers = {}
        self.hub.on_open(self._on_open)
        self.hub.on_reconnect(self._on_open)
        self.hub.on_close(self._on_close)
        self.hub.on_error(self._on_error)
        for event, received in self.events.items():
            self.hub.on(event, received.append)

    def _on_open(self):
        self.opened += 1

    def _on_close(self):
        self.closed += 1

    def _on_error(self, message):
        self._answers[message.invocation_id] = ("error", message.error)

    def start(self):
        self.hub.start()
        until("the connection opens", lambda: self.opened)
        return self

    def begin(self, method, *args):
        def done(message):
            self._answers[message.invocation_id] = ("result", message.result)

        return self.hub.send(method, list(args), done).invocation_id

    def answer(self, call, within=15.0):
        until("the answer of a call", lambda: call in self._answers, within)
        return self._answers.pop(call)

    def call(self, method, *args):
        return self.answer(self.begin(method, *args))

    def stopping(self):
        """Stops in the background: the client waits for its reader, which sits there until the next ping."""
        thread = threading.Thread(target=self.hub.stop, daemon=True)
        thread.start()
        return thread

    def received(self, event, count, within=30.0):
        until(f"{count} {event}", lambda: len(self.events[event]) >= count, within)
        return self.events[event]


def methods():
    same(client.call("Echo", "hello"), ("result", "hello"))
    same(client.call("echo", "small letters"), ("result", "small letters"))
    same(client.call("Add", 2, 3), ("result", 5))
    same(client.call("Void"), ("result", None))
    same(client.call("Null"), ("result", None))


def texts():
    for text in TEXTS:
        same(client.call("Echo", text), ("result", text))


def failures():
    for method, args, words in FAILURES:
        same(client.call(method, *args), ("error", words), method)


def events():
    before = len(client.events["ReceiveMessage"])
    same(client.call("EchoBack", "back"), ("result", None))
    same(client.received("ReceiveMessage", before + 1)[before:], [["back"]])


def order():
    before = len(client.events["ReceiveMessage"])
    expected = [f"message {i}" for i in range(20 if IS_POLLING else 300)]
    for text in expected:
        client.hub.send("EchoBack", [text])
    found = client.received("ReceiveMessage", before + len(expected))[before:]
    same([args[0] for args in found], expected)


def slow():
    began = time.monotonic()
    first, second = client.begin("Slow", 300), client.begin("Echo", "quick")
    same(client.answer(second), ("result", "quick"))
    assert time.monotonic() - began > 0.29
    same(client.answer(first), ("result", "slow"))


def burst():
    count = 100 if IS_POLLING else 3_000
    client.events["ExecuteCommand"].clear()
    call = client.begin("Burst", count)
    found = client.received("ExecuteCommand", count, 60)
    same(client.answer(call, 60), ("result", None))
    same(len(found), count)
    assert all(args == COMMAND for args in found)


def fan():
    other = Client().start()
    count = 20 if IS_POLLING else 200
    for it in (client, other):
        it.events["ExecuteCommand"].clear()
    other.call("Fan", count)
    for it in (client, other):
        same(len(it.received("ExecuteCommand", count)), count)
    other.stopping()


def large():
    text = "x" * 30_000
    same(client.call("Echo", text), ("result", text))


def stops():
    early.join(30)
    until("on_close", lambda: goes_early.closed)


def closed_by_hub():
    it = Client().start()
    it.begin("CloseMe")
    until("on_close", lambda: it.closed)


def closed_for_size():
    it = Client().start()
    it.begin("Echo", "x" * 33_000)
    until("on_close", lambda: it.closed)


def reconnects():
    relay = Relay(URL)
    it = Client(relay.url, reconnect=True).start()
    same(it.call("Echo", "hello"), ("result", "hello"))
    for time_ in (1, 2):
        relay.cut()
        until("the connection is back", lambda: it.opened > time_)  # noqa: B023
        same(it.call("EchoBack", "back"), ("result", None))
        it.received("ReceiveMessage", time_)
    it.stopping()


CHECKS = [methods, texts, failures, events, order, slow, burst, fan, large, closed_by_hub, closed_for_size]
# Its poller does not come back, with any server.
if not IS_POLLING:
    CHECKS.append(reconnects)
CHECKS.append(stops)

# What its threads throw is not a result of a check.
threading.excepthook = lambda _: None
client = Client()
report("connects", client.start)
goes_early = Client().start()
early = goes_early.stopping()
for check in CHECKS:
    report(check.__name__.replace("_", " "), check)
# Its threads may be waiting for a server that is silent.
os._exit(0)
