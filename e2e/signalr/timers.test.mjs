// What happens while nothing happens: pings, time-outs, and polls that end empty.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, way } from './lib/client.mjs';
import { Hub, hasMessagePack } from './lib/hub.mjs';

const NEVER = 3_600_000;
let hub;
before(async () => { hub = await Hub.start(); });
after(async () => { await hub?.stop(); });

describe('a quiet connection', { concurrency: true }, () => {
  for (const name of [
    'JSON over WebSockets',
    'JSON over server-sent events',
    ...(hasMessagePack ? ['MessagePack over WebSockets'] : []),
  ]) {
    test(`is pinged by the hub within 17 s: ${name}`, async () => {
      const client = await Client.connect(hub, way(name), { retryEvery: 50 });
      client.connection.serverTimeoutInMilliseconds = 17_500;
      await client.invoke('Void');
      await pause(21_000);
      assert.deepEqual(client.life.all(), []);
      assert.equal(await client.invoke('Echo', 'still here'), 'still here');
      await client.stop();
    });

    test(`is closed 30 s after the client's last ping, and comes back: ${name}`, async () => {
      const client = new Client(`${hub.url}${way(name).hubPath}`, { ...way(name), retryEvery: 50 });
      // It pings once when it starts.
      client.connection.keepAliveIntervalInMilliseconds = NEVER;
      const began = performance.now();
      await client.start();
      const { error } = await client.happened('reconnecting', 1, 40_000);
      const took = performance.now() - began;
      assert.ok(took > 28_000 && took < 34_000, `after ${took} ms`);
      assert.equal(error?.message, 'Server returned an error on close: Connection closed with an error.');
      await client.happened('reconnected');
      assert.equal(await client.invoke('Echo', 'back'), 'back');
      await client.stop();
    });
  }

  for (const name of [
    'JSON over long polling, hub without WebSockets',
    ...(hasMessagePack ? ['MessagePack over long polling, hub without WebSockets'] : []),
  ]) {
    test(`polls again and again: ${name}`, async () => {
      const client = await Client.connect(hub, way(name));
      await pause(7_000);
      const polls = client.log.filter((it) => it.startsWith('(LongPolling transport) polling: ')).length;
      assert.ok(polls >= 4 && polls <= 8, `${polls} polls`);
      assert.deepEqual(client.life.all(), []);
      await client.invoke('EchoBack', 'still here');
      assert.deepEqual(await client.events('ReceiveMessage', 1), [['still here']]);
      await client.stop();
    });
  }
});
