// How the official client comes, goes, is sent away and comes back.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { HttpTransportType, JsonHubProtocol } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import { Client, WAYS } from './lib/client.mjs';
import { Hub, hasMessagePack } from './lib/hub.mjs';
import { Relay } from './lib/relay.mjs';

let hub;
const clients = [];
const relays = [];

const connect = async (how = {}, more) => {
  const client = await Client.connect(hub, how, more);
  clients.push(client);
  return client;
};
/** A client that has not started, to be stopped at the end. */
const offline = (hubPath, options) => {
  const client = new Client(hub.at(hubPath), options);
  clients.push(client);
  return client;
};
/** A client that goes through a wire that can be cut. */
const connectOverRelay = async (how, more) => {
  const relay = await Relay.to(hub.url);
  relays.push(relay);
  const client = await Client.connect(relay, how, more);
  clients.push(client);
  return { relay, client };
};
const startFailure = (client) => client.start().then(() => assert.fail('it started'), (error) => error.message);

const TOO_LARGE = 'Server returned an error on close: Connection closed with an error.';
/** The largest text with which the first or second call of Echo still fits into 32 KiB. */
const largestText = ({ protocol }) => {
  const call = { type: 1, headers: {}, invocationId: '0', target: 'Echo', arguments: ['x'.repeat(30_000)] };
  // In JSON the client leaves it out where it is empty.
  if (protocol().name === 'json') delete call.headers;
  const size = Buffer.from(protocol().writeMessage(call)).length;
  return 'x'.repeat(30_000 + 32_768 - size);
};

before(async () => { hub = await Hub.start(); });
after(async () => { await hub?.stop(); });
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.stop()));
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});

describe('the choice of the transport', () => {
  test('is WebSockets where the hub has them', async () => {
    const client = await connect();
    assert.deepEqual(client.transports, ['WebSockets']);
    assert.equal(await client.invoke('Echo', 'hello'), 'hello');
  });

  test('is server-sent events where the hub has no WebSockets', async () => {
    const client = await connect({ hubPath: '/nows' });
    assert.deepEqual(client.transports, ['ServerSentEvents']);
    assert.equal(await client.invoke('Echo', 'hello'), 'hello');
  });

  test('falls back to server-sent events where WebSockets fail', async () => {
    class Broken {
      constructor() { throw new Error('no WebSockets today'); }
    }
    const client = await connect({ WebSocket: Broken });
    assert.deepEqual(client.transports, ['WebSockets', 'ServerSentEvents']);
    assert.equal(await client.invoke('Echo', 'hello'), 'hello');
  });

  test('falls back to long polling where all else fails', async () => {
    class Broken {
      constructor() { throw new Error('not today'); }
    }
    const client = await connect({ WebSocket: Broken, EventSource: Broken });
    assert.deepEqual(client.transports, ['WebSockets', 'ServerSentEvents', 'LongPolling']);
    assert.equal(await client.invoke('Echo', 'hello'), 'hello');
  });

  test('is long polling for MessagePack where the hub has no WebSockets', { skip: !hasMessagePack }, async () => {
    const client = await connect({ hubPath: '/nows', protocol: () => new MessagePackHubProtocol() });
    assert.deepEqual(client.transports, ['LongPolling']);
    assert.equal(await client.invoke('Echo', 'hello'), 'hello');
  });

  test('fails in words where the hub does not have what is wanted', async () => {
    const client = offline('/nows', { transport: HttpTransportType.WebSockets });
    assert.equal(await startFailure(client), 'Unable to connect to the server with any of the available transports. '
      + "ServerSentEvents failed: Error: 'ServerSentEvents' is disabled by the client. "
      + "LongPolling failed: Error: 'LongPolling' is disabled by the client.");
    const direct = offline('/nows', { transport: HttpTransportType.WebSockets, skipNegotiation: true });
    assert.match(await startFailure(direct), /WebSocket failed to connect/);
  });

  test('fails for MessagePack over server-sent events', async () => {
    const client = offline('/plugin-hub', {
      transport: HttpTransportType.ServerSentEvents, protocol: () => new MessagePackHubProtocol(),
    });
    assert.match(await startFailure(client), /'ServerSentEvents' does not support Binary/);
  });

  test('fails where there is no hub', async () => {
    assert.match(await startFailure(offline('/no-hub', {})), /Status code '404'/);
  });
});

describe('a handshake with an unknown protocol', () => {
  class Xml extends JsonHubProtocol {
    name = 'xml';
  }
  // Not over server-sent events: there the client throws where nobody can catch it.
  for (const transport of ['WebSockets', 'LongPolling']) {
    test(`is refused in words over ${transport}`, async () => {
      const client = offline('/plugin-hub', { transport: HttpTransportType[transport], protocol: () => new Xml() });
      assert.equal(await startFailure(client), "Server returned handshake error: The protocol 'xml' is not supported.");
    });
  }
});

for (const how of WAYS) {
  describe(how.name, () => {
    test('stops, may start again, and has another id then', async () => {
      const client = await connect(how);
      const { connectionId } = client.connection;
      await client.stop();
      assert.equal(client.state, 'Disconnected');
      assert.equal((await client.happened('closed')).error, undefined);
      await client.start();
      assert.equal(await client.invoke('Echo', 'again'), 'again');
      if (!how.skipNegotiation) assert.notEqual(client.connection.connectionId, connectionId);
    });

    test('stops in the middle of a call, which then fails', async () => {
      const client = await connect(how);
      const call = client.failure('Slow', 20_000);
      await pause(100);
      await client.stop();
      assert.match(await call, /Invocation canceled due to the underlying connection being closed\./);
    });

    test('is sent away by the hub, and stays away', async () => {
      const client = await connect(how, { retryEvery: 50 });
      const call = client.failure('CloseMe');
      assert.equal((await client.happened('closed')).error?.message, undefined);
      assert.match(await call, /Invocation canceled due to the underlying connection being closed\./);
      assert.equal(client.state, 'Disconnected');
      assert.deepEqual(client.life.all((it) => it.what === 'reconnecting'), []);
    });

    test('comes back by itself after the wire was cut', async () => {
      const { relay, client } = await connectOverRelay(how, { retryEvery: 50 });
      const { connectionId } = client.connection;
      for (const time of [1, 2]) {
        relay.cut();
        await client.happened('reconnected', time);
        assert.equal(await client.invoke('Echo', `back ${time}`), `back ${time}`);
      }
      if (!how.skipNegotiation) assert.notEqual(client.connection.connectionId, connectionId);
    });

    test('comes back to a hub that was away', async () => {
      const { relay, client } = await connectOverRelay(how, { retryEvery: 50 });
      relay.cut({ down: true });
      await client.happened('reconnecting');
      await pause(300);
      assert.equal(client.state, 'Reconnecting');
      relay.restore();
      await client.happened('reconnected');
      await client.invoke('EchoBack', 'back');
      assert.deepEqual(await client.events('ReceiveMessage', 1), [['back']]);
    });

    test('may send messages of 32 KiB, and comes back after a larger one', async () => {
      const client = await connect(how, { retryEvery: 50 });
      const largest = largestText(how);
      assert.equal(await client.invoke('Echo', largest), largest);
      const call = client.failure('Echo', `${largest}x`);
      assert.equal((await client.happened('reconnecting')).error?.message, TOO_LARGE);
      assert.equal(await call, TOO_LARGE);
      await client.happened('reconnected');
      assert.equal(await client.invoke('Echo', 'back'), 'back');
    });

    test('comes and goes in numbers', async () => {
      const all = await Promise.all(Array.from({ length: 50 }, () => connect(how)));
      const sums = await Promise.all(all.map((client, i) => client.invoke('Add', i, i)));
      assert.deepEqual(sums, all.map((_, i) => 2 * i));
      await Promise.all(all.map((client) => client.stop()));
      assert.ok(all.every((client) => client.state === 'Disconnected'));
    });
  });
}
