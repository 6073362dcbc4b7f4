"""The client `pysignalr` as it is, against a hub: `pysignalr_checks.py URL WebSockets PROTOCOL`."""

import asyncio
import logging

from pysignalr.client import SignalRClient
from pysignalr.exceptions import ServerError
from pysignalr.protocol.json import JSONProtocol
from pysignalr.protocol.messagepack import MessagepackProtocol

from checks import COMMAND, FAILURES, TEXTS, Relay, arguments, report, same

URL, _, PROTOCOL = arguments()
logging.disable(logging.CRITICAL)


class Client:
    """A client within a block: `async with Client() as client`."""

    def __init__(self, url=URL, **options):
        protocol = JSONProtocol() if PROTOCOL == "json" else MessagepackProtocol()
        self.hub = SignalRClient(f"{url}/plugin-hub", protocol=protocol, headers={"X-Test": "1"}, **options)
        self.events = {"ReceiveMessage": [], "ExecuteCommand": []}
        self.opened = 0
        self._waiting = []
        self._changed = asyncio.Event()
        self.hub.on_open(self._on_open)
        self.hub.on_error(self._on_error)
        for event, received in self.events.items():
            self.hub.on(event, self._keep(received))

    def _keep(self, received):
        async def keep(args):
            received.append(args)
            self._changed.set()

        return keep

    async def _on_open(self):
        self.opened += 1
        self._changed.set()

    async def _on_error(self, message):
        # The call's own callback comes next, and tells the error.
        pass

    async def __aenter__(self):
        self.run = asyncio.ensure_future(self.hub.run())
        await self.until(lambda: self.opened)
        return self

    async def __aexit__(self, *_):
        self.run.cancel()
        await asyncio.wait([self.run])

    async def begin(self, method, *args):
        answer = asyncio.get_running_loop().create_future()

        async def done(message):
            answer.set_result(("error", message.error) if message.error else ("result", message.result))

        await self.hub.send(method, list(args), done)
        return answer

    async def call(self, method, *args):
        return await asyncio.wait_for(await self.begin(method, *args), 15)

    async def until(self, probe):
        """Waits for a change, or for the end of the client."""
        async with asyncio.timeout(20):
            while not probe():
                self._changed.clear()
                changed = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait([self.run, changed], return_when=asyncio.FIRST_COMPLETED)
                if self.run.done():
                    self.run.result()

    async def received(self, event, count):
        await self.until(lambda: len(self.events[event]) >= count)
        return self.events[event]

    async def ended(self):
        """With which error the client gave up."""
        async with asyncio.timeout(20):
            await asyncio.wait([self.run])
        return self.run.exception()


async def methods():
    async with Client() as client:
        same(await client.call("Echo", "hello"), ("result", "hello"))
        same(await client.call("echo", "small letters"), ("result", "small letters"))
        same(await client.call("Add", 2, 3), ("result", 5))
        same(await client.call("Void"), ("result", None))
        same(await client.call("Null"), ("result", None))


async def texts():
    async with Client() as client:
        for text in TEXTS:
            same(await client.call("Echo", text), ("result", text))


async def failures():
    async with Client() as client:
        for method, args, words in FAILURES:
            same(await client.call(method, *args), ("error", words), method)


async def events():
    async with Client() as client:
        same(await client.call("EchoBack", "back"), ("result", None))
        same(client.events["ReceiveMessage"], [["back"]])


async def order():
    async with Client() as client:
        expected = [f"message {i}" for i in range(300)]
        for text in expected:
            await client.hub.send("EchoBack", [text])
        found = await client.received("ReceiveMessage", len(expected))
        same([args[0] for args in found], expected)


async def slow():
    async with Client() as client:
        first, second = await client.begin("Slow", 300), await client.begin("Echo", "quick")
        same(await asyncio.wait_for(second, 5), ("result", "quick"))
        assert first.done()
        same(await first, ("result", "slow"))


async def burst():
    async with Client() as client:
        # More than one of its messages may hold: 1 MiB.
        count = 20_000
        same(await client.call("Burst", count), ("result", None))
        same(len(client.events["ExecuteCommand"]), count)
        assert all(args == COMMAND for args in client.events["ExecuteCommand"])


async def fan():
    async with Client() as one, Client() as two, Client() as three:
        await two.call("Fan", 200)
        for it in (one, two, three):
            same(len(await it.received("ExecuteCommand", 200)), 200)


async def large():
    async with Client() as client:
        text = "x" * 30_000
        same(await client.call("Echo", text), ("result", text))


async def pings():
    async with Client(ping_interval=1, signalr_ping_interval=1) as client:
        # It ends a connection whose WebSocket pings are not answered.
        await asyncio.sleep(3.5)
        same(await client.call("Echo", "still here"), ("result", "still here"))


async def closed_by_hub():
    async with Client() as client:
        for time in (1, 2):
            await client.hub.send("CloseMe", [])
            # It negotiates again, with the old id in the address.
            await client.until(lambda: client.opened > time)  # noqa: B023
            same(await client.call("EchoBack", "back"), ("result", None))
            same(len(client.events["ReceiveMessage"]), time)


async def wire_cut():
    relay = Relay(URL)
    async with Client(relay.url) as client:
        relay.cut()
        await client.until(lambda: client.opened > 1)
        same(await client.call("Echo", "back"), ("result", "back"))


async def closed_for_size():
    async with Client() as client:
        await client.hub.send("Echo", ["x" * 33_000])
        error = await client.ended()
        assert isinstance(error, ServerError), repr(error)
        same(error.message, "Connection closed with an error.")


async def stop_and_start_again():
    for _ in range(20):
        async with Client() as client:
            same(await client.call("Add", 1, 1), ("result", 2))


for check in (methods, texts, failures, events, order, slow, burst, fan, large, pings,
              closed_by_hub, wire_cut, closed_for_size, stop_and_start_again):  # fmt: skip
    report(check.__name__.replace("_", " "), lambda: asyncio.run(check()))  # noqa: B023
