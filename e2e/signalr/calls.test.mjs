// What the official client can call on a hub and gets from it: the same on every way to it.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Client, WAYS } from './lib/client.mjs';
import { Hub } from './lib/hub.mjs';

const COMMAND = ['cmd-0001', 'say hello world, this is a command payload of about one hundred bytes, padded xxxxxxxxxxxxxxxxxxxxxxx'];
const TEXTS = {
  empty: '',
  'a record separator': 'one\u001etwo',
  'control characters': '\u0000\b\t\n\f\r\u007f',
  'quotes and slashes': '"\\"/\\/',
  'line separators': '\u2028\u2029',
  umlauts: 'Grüße, señor Łukasz',
  'other scripts': 'Привет 世界 שלום नमस्ते',
  emoji: '👩‍👩‍👧‍👦🏴‍☠️𝕏',
  markup: '<b>&amp;</b>',
  'a record': '{"type":7}',
};

let hub;
before(async () => { hub = await Hub.start(); });
after(async () => { await hub?.stop(); });

for (const how of WAYS) {
  describe(how.name, () => {
    let client;
    before(async () => { client = await Client.connect(hub, how); });
    after(async () => { await client?.stop(); });
    afterEach(() => assert.ok(client.isConnected, 'the connection is still there'));

    test('has an id where it was negotiated', () => {
      if (how.skipNegotiation) assert.equal(client.connection.connectionId, null);
      else assert.match(client.connection.connectionId, /^[\w-]{22}$/);
    });

    test('calls methods and gets their results', async () => {
      assert.equal(await client.invoke('Echo', 'hello'), 'hello');
      assert.equal(await client.invoke('Add', 2, 3), 5);
      assert.equal(await client.invoke('Add', -2_147_483_648, 2_147_483_647), -1);
      assert.equal(await client.invoke('Void') ?? null, null);
      assert.equal(await client.invoke('Null') ?? null, null);
    });

    test('finds methods whatever the case of their letters', async () => {
      assert.equal(await client.invoke('echo', 'small'), 'small');
      assert.equal(await client.invoke('ECHO', 'large'), 'large');
    });

    for (const [name, text] of Object.entries(TEXTS)) {
      test(`keeps texts as they are: ${name}`, async () => {
        assert.equal(await client.invoke('Echo', text), text);
        await client.invoke('EchoBack', text);
        assert.ok(client.received.all((it) => it.event === 'ReceiveMessage' && it.args[0] === text).length, 'as an event');
      });
    }

    test('is told why a call fails', async () => {
      const failed = (method) => `Failed to invoke '${method}' due to an error on the server.`;
      const unexpected = (method) => `An unexpected error occurred invoking '${method}' on the server.`;
      assert.equal(await client.failure('Nope'), `${failed('Nope')} HubException: Method does not exist.`);
      assert.equal(await client.failure('Echo'), failed('Echo'));
      assert.equal(await client.failure('Echo', 'one', 'two'), failed('Echo'));
      assert.equal(await client.failure('Echo', { text: 'an object' }), failed('Echo'));
      assert.equal(await client.failure('Add', 1, 'two'), failed('Add'));
      assert.equal(await client.failure('Add', 1), failed('Add'));
      assert.equal(await client.failure('Void', 1), failed('Void'));
      assert.equal(await client.failure('Fail'), unexpected('Fail'));
      assert.equal(await client.failure('FailHub'), `${unexpected('FailHub')} HubException: public detail`);
    });

    test('is told that a method gives no stream', async () => {
      const text = await new Promise((resolve, reject) => {
        client.connection.stream('Echo', 'x').subscribe({ next: reject, complete: reject, error: (error) => resolve(error.message) });
      });
      assert.equal(text, "The client attempted to invoke the non-streaming 'Echo' method with a streaming invocation.");
    });

    test('gets an event before the answer of the call that caused it', async () => {
      const before = client.count('ReceiveMessage');
      await client.invoke('EchoBack', 'back');
      const events = client.received.all((it) => it.event === 'ReceiveMessage');
      assert.equal(events.length, before + 1);
      assert.deepEqual(events.at(-1).args, ['back']);
    });

    test('sends without waiting, and all arrives in order', async () => {
      const before = client.count('ReceiveMessage');
      const texts = Array.from({ length: 300 }, (_, i) => `message ${i}`);
      await Promise.all(texts.map((text) => client.connection.send('EchoBack', text)));
      const events = await client.events('ReceiveMessage', before + texts.length);
      assert.deepEqual(events.slice(before).flat(), texts);
    });

    test('is not told about a send that fails', async () => {
      await client.connection.send('Nope');
      await client.connection.send('Fail');
      assert.equal(await client.invoke('Echo', 'still here'), 'still here');
    });

    test('gets each answer for its own call', async () => {
      const results = await Promise.all(Array.from({ length: 200 }, (_, i) => client.invoke('Add', i, 1)));
      assert.deepEqual(results, Array.from({ length: 200 }, (_, i) => i + 1));
    });

    test('has its calls done one after another', async () => {
      const order = [];
      const began = performance.now();
      await Promise.all([
        client.invoke('Slow', 300).then((result) => order.push(result)),
        client.invoke('Echo', 'quick').then((result) => order.push(result)),
      ]);
      assert.deepEqual(order, ['slow', 'quick']);
      const took = performance.now() - began;
      assert.ok(took >= 290 && took < 2_000, `${took} ms`);
    });

    test('gets thousands of events in a burst, whole and before the answer', async () => {
      const before = client.count('ExecuteCommand');
      await client.invoke('Burst', 5_000);
      const events = await client.events('ExecuteCommand', before + 5_000);
      assert.equal(client.count('ExecuteCommand'), before + 5_000);
      assert.deepEqual(events.at(-1), COMMAND);
      assert.equal(new Set(events.map((args) => args.join())).size, 1);
    });

    test('gets a large text back', async () => {
      const text = 'é'.repeat(15_000);
      assert.equal(await client.invoke('Echo', text), text);
    });
  });
}

describe('a call to everybody', () => {
  for (const hubPath of ['/plugin-hub', '/nows']) {
    test(`reaches every client of ${hubPath}, whatever its way`, async () => {
      const ways = WAYS.filter((how) => how.hubPath === hubPath);
      const clients = await Promise.all([...ways, ...ways].map((how) => Client.connect(hub, how)));
      try {
        await clients[0].invoke('Fan', 500);
        for (const client of clients) {
          assert.deepEqual((await client.events('ExecuteCommand', 500)).at(-1), COMMAND);
        }
        // An answer comes after what was sent before.
        await Promise.all(clients.map((client) => client.invoke('Echo', 'flush')));
        assert.deepEqual(clients.map((client) => client.count('ExecuteCommand')), clients.map(() => 500));
      } finally {
        await Promise.all(clients.map((client) => client.stop()));
      }
    });
  }
});
