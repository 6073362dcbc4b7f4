// The plugin protocol, spoken by the official SignalR client.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { Demo } from './lib/demo.mjs';
import { Journal, Plugin, consoleOutput } from './lib/plugin.mjs';
import { until } from './lib/until.mjs';

const STEVE_UUID = '8667ba71-b85a-4004-af54-457a9734eed7';
const JUST_AWAY = { status: 'awaitingPlayer' };

let players = 0;
/** A player nobody has seen before. */
const newPlayer = () => `Player_${++players}`;

describe('a plugin', () => {
  let demo;
  const plugins = [];

  const connect = async (options) => {
    const plugin = await Plugin.connect(demo, 'Survival', options);
    plugins.push(plugin);
    return plugin;
  };
  /** A plugin that has connected, received the only command of a new order, and not answered it. */
  const connectAndReceive = async (packageName = 'VIP', options = undefined) => {
    const plugin = await connect();
    const order = await demo.order(packageName, newPlayer(), options);
    const [command] = await plugin.commandsOf(order.id);
    return { plugin, order, command };
  };
  const statusOf = async (order, text) => (await demo.command(order.id, 'Survival', text)).status;

  before(async () => { demo = await Demo.start(); });
  after(async () => { await demo?.stop(); });
  afterEach(async () => {
    await Promise.all(plugins.splice(0).map((plugin) => plugin.stop()));
  });

  test('connects with its token, by negotiation', async () => {
    const plugin = await connect();
    assert.equal(plugin.connection.state, 'Connected');
    assert.ok(plugin.connection.connectionId, 'negotiation gives a connection id');
  });

  test('connects with its token, without negotiation', async () => {
    const plugin = await connect({ skipNegotiation: true });
    assert.equal(plugin.connection.state, 'Connected');
    const order = await demo.order('VIP', newPlayer());
    await plugin.commandsOf(order.id);
  });

  test('is told by Hello where it is', async () => {
    const plugin = await connect();
    const { serverTime, ...told } = await plugin.hello({ instanceId: 'one' });
    assert.deepEqual(told, {
      serverId: demo.server('Survival').id,
      serverName: 'Survival',
      storeName: 'Demo',
      storeUrl: demo.storeUrl,
      nextCheckSeconds: 15,
    });
    assert.ok(Math.abs(Date.parse(serverTime) - Date.now()) < 60_000, serverTime);
  });

  test('is pushed the command of an order, complete and without nulls', async () => {
    const plugin = await connect();
    const order = await demo.order('VIP', 'Steve');
    const [{ at: _, ...command }] = await plugin.commandsOf(order.id);
    const { id } = await demo.command(order.id, 'Survival');
    assert.deepEqual(command, {
      id,
      attempt: 1,
      idempotencyKey: `${id}:1`,
      command: 'lp user Steve parent add vip',
      type: 'initial',
      player: { username: 'Steve' },
      requireOnline: false,
      requiredSlots: 0,
      delaySeconds: 0,
      orderId: order.id,
      orderNumber: order.number,
      packageName: 'VIP',
    });
  });

  test('is told the UUID of a player where it is known', async () => {
    const { command } = await connectAndReceive('VIP', { playerUuid: STEVE_UUID });
    assert.equal(command.player.uuid, STEVE_UUID);
  });

  test('gets one command for each unit, in order', async () => {
    const plugin = await connect();
    const player = newPlayer();
    const order = await demo.order('1,000 Coins', player, { quantity: 3 });
    const commands = await plugin.commandsOf(order.id, 3);
    assert.deepEqual(commands.map((it) => it.command), Array(3).fill(`eco give ${player} 1000`));
    assert.equal(new Set(commands.map((it) => it.idempotencyKey)).size, 3);
  });

  test('acknowledges and completes a command, and the order shows its output', async () => {
    const { plugin, order, command } = await connectAndReceive();
    assert.deepEqual(await plugin.ack(command), { accepted: 1 });
    const acknowledged = await demo.command(order.id, 'Survival');
    assert.equal(acknowledged.status, 'Delivered');
    assert.ok(acknowledged.acknowledgedAt);
    const result = { status: 'completed', output: consoleOutput(command), durationMs: 3 };
    assert.deepEqual(await plugin.report(command, result), { accepted: 1 });
    const done = await demo.command(order.id, 'Survival');
    assert.equal(done.status, 'Completed');
    assert.equal(done.output, consoleOutput(command));
    assert.ok(done.finishedAt);
    assert.deepEqual(await plugin.report(command, result), { accepted: 0 }, 'a second report does not count');
  });

  test('may report without an acknowledgement before', async () => {
    const { plugin, order, command } = await connectAndReceive();
    assert.deepEqual(await plugin.report(command, { status: 'completed' }), { accepted: 1 });
    assert.equal(await statusOf(order), 'Completed');
  });

  test('has its output cut at 4 KiB', async () => {
    const { plugin, order, command } = await connectAndReceive();
    await plugin.report(command, { status: 'completed', output: 'é'.repeat(5000) });
    assert.equal((await demo.command(order.id, 'Survival')).output, 'é'.repeat(2048));
  });

  test('reports a failure, and the command waits for attempt 2', async () => {
    const { plugin, order, command } = await connectAndReceive();
    assert.deepEqual(await plugin.report(command, { status: 'failed', error: 'Unknown command' }), { accepted: 1 });
    const waiting = await demo.command(order.id, 'Survival');
    assert.equal(waiting.status, 'Pending');
    assert.equal(waiting.attempts, 2);
    assert.equal(waiting.lastError, 'Unknown command');
    const seconds = (Date.parse(waiting.dueAt) - Date.now()) / 1000;
    assert.ok(seconds > 20 && seconds <= 30, `due in ${seconds} s`);
    assert.deepEqual(await plugin.report(command, { status: 'completed' }), { accepted: 0 }, 'attempt 1 is over');
  });

  test('reports an interruption, and the command is not tried again', async () => {
    const { plugin, order, command } = await connectAndReceive();
    await plugin.report(command, { status: 'interrupted' });
    assert.equal(await statusOf(order), 'Failed');
  });

  test('answers that the player is away, and gets the command again when they join', async () => {
    const plugin = await connect();
    const player = newPlayer();
    const order = await demo.order('Builder Kit', player);
    const [log, kit] = await plugin.commandsOf(order.id, 2);
    assert.deepEqual([log.command, kit.command], [`kitlog add ${player} builder`, `kit give builder ${player}`]);
    assert.deepEqual([log.requireOnline, kit.requireOnline], [false, true]);
    await plugin.report(log, { status: 'completed' });
    assert.deepEqual(await plugin.report(kit, JUST_AWAY), { accepted: 1 });
    assert.equal(await statusOf(order, 'kit give'), 'AwaitingPlayer');
    assert.deepEqual(await plugin.invoke('PlayerJoined', { username: newPlayer() }), { waiting: 0 });
    assert.deepEqual(await plugin.invoke('PlayerJoined', { username: player.toUpperCase() }), { waiting: 1 });
    const again = (await plugin.commandsOf(order.id, 3))[2];
    assert.equal(again.id, kit.id);
    assert.equal(again.attempt, 2);
    assert.equal(again.idempotencyKey, `${kit.id}:2`);
    await plugin.report(again, { status: 'completed' });
    assert.equal(await statusOf(order, 'kit give'), 'Completed');
  });

  test('tells who is online after a reconnect, and gets what waits for them', async () => {
    const plugin = await connect();
    const order = await demo.order('Builder Kit', newPlayer());
    const [log, kit] = await plugin.commandsOf(order.id, 2);
    await plugin.report(log, { status: 'completed' });
    await plugin.report(kit, JUST_AWAY);
    const players = [{ username: newPlayer() }, { username: kit.player.username }];
    assert.deepEqual(await plugin.invoke('PlayersOnline', { players }), { waiting: 1 });
    assert.equal((await plugin.commandsOf(order.id, 3))[2].attempt, 2);
    assert.deepEqual(await plugin.invoke('PlayerLeft', { username: kit.player.username }), {});
  });

  test('gets what was bought while it was away, oldest first', async () => {
    const orders = [];
    for (let i = 0; i < 5; i += 1) orders.push(await demo.order('VIP', newPlayer()));
    assert.equal(await statusOf(orders[0]), 'Pending');
    const ids = orders.map((order) => order.id);
    const plugin = await connect();
    const came = await plugin.received.first(5, 'the queue', (it) => ids.includes(it.orderId));
    assert.deepEqual(came.map((it) => it.orderId), ids);
    assert.deepEqual(came.map((it) => it.attempt), [1, 1, 1, 1, 1]);
  });

  test('may ask for what is pending, and is told when to ask again', async () => {
    const plugin = await connect();
    assert.deepEqual(await plugin.invoke('FetchPendingCommands'), { commands: [], nextCheckSeconds: 15 });
    assert.deepEqual(await plugin.invoke('FetchPendingCommands', { limit: 5 }), { commands: [], nextCheckSeconds: 15 });
  });

  test('gets an unacknowledged command again after 10 s, with the same key', async () => {
    const { plugin, order, command } = await connectAndReceive();
    const [, again] = await plugin.commandsOf(order.id, 2, 20_000);
    assert.equal(again.idempotencyKey, command.idempotencyKey);
    assert.equal(again.attempt, 1);
    const waited = again.at - command.at;
    assert.ok(waited > 9_500 && waited < 13_000, `${waited} ms`);
  });

  test('that comes back before it reported gets the same command with the same key', async () => {
    const { plugin, order, command } = await connectAndReceive();
    await plugin.ack(command);
    await plugin.stop();
    const back = await connect();
    const [again] = await back.commandsOf(order.id);
    assert.equal(again.idempotencyKey, command.idempotencyKey);
    assert.equal((await back.report(again, { status: 'completed' })).accepted, 1);
  });

  test('that is replaced hands over what it had, with the same key', async () => {
    const { plugin, order, command } = await connectAndReceive();
    const next = await connect();
    const [again] = await next.commandsOf(order.id);
    assert.equal(again.idempotencyKey, command.idempotencyKey);
    assert.ok(await plugin.closed(), 'the older connection is told why it ends');
  });

  test('with the same instance id replaces the one before, for good', async () => {
    const first = await connect({ retryEvery: 100 });
    await first.hello({ instanceId: 'same' });
    const second = await connect();
    await second.hello({ instanceId: 'same' });
    assert.match((await first.closed()).message, /took over/);
    assert.deepEqual(first.life.all((it) => it.what === 'reconnecting'), [], 'it does not come back by itself');
    const order = await demo.order('VIP', newPlayer());
    await second.commandsOf(order.id);
    assert.deepEqual(first.received.all((it) => it.orderId === order.id), []);
  });

  test('with another instance id is refused while the first is there', async () => {
    const first = await connect();
    await first.hello({ instanceId: 'first' });
    const second = await connect({ retryEvery: 100 });
    await assert.rejects(second.hello({ instanceId: 'second' }), /Another plugin is connected with this token\./);
    assert.match((await second.closed()).message, /Another plugin is connected with this token\./);
    const order = await demo.order('VIP', newPlayer());
    await first.commandsOf(order.id);
    assert.deepEqual(second.received.all(), []);
  });

  test('is told when its server gets another name', async () => {
    const plugin = await connect();
    const told = new Promise((resolve) => { plugin.connection.on('ServerUpdated', resolve); });
    const json = { 'Content-Type': 'application/json' };
    const login = await fetch(`${demo.url}/api/account/login`, {
      method: 'POST', headers: json, body: JSON.stringify(demo.owner),
    });
    const { token } = (await login.json()).data;
    const rename = (name) => fetch(`${demo.url}/api/stores/${demo.storeId}/servers/${demo.server('Survival').id}`, {
      method: 'PATCH', headers: { ...json, Authorization: `Bearer ${token}` }, body: JSON.stringify({ name }),
    });
    assert.equal((await rename('Survival 2')).status, 200);
    assert.deepEqual(await told, { serverName: 'Survival 2', nextCheckSeconds: 15 });
    assert.equal((await rename('Survival')).status, 200);
  });

  test('without a token or with a bad one is refused in words', async () => {
    const { id, token } = demo.server('Survival');
    const wrong = `${id.replaceAll('-', '')}_${'x'.repeat(32)}`;
    for (const [bad, words] of [
      ['', /connection token is needed/],
      ['nonsense', /not a connection token/],
      [wrong, /not valid.*regenerated/],
      [`${token}x`, /connection token/],
    ]) {
      await assert.rejects(new Plugin(demo.hubUrl, bad).start(), (error) => {
        assert.match(error.message, words);
        assert.match(error.message, /401/);
        return true;
      });
    }
    await assert.rejects(new Plugin(demo.hubUrl, wrong, { skipNegotiation: true }).start());
  });

  test('is told about an unknown method and bad arguments', async () => {
    const plugin = await connect();
    const failed = (method) => `Failed to invoke '${method}' due to an error on the server.`;
    const told = (method) => `An unexpected error occurred invoking '${method}' on the server. HubException: ${method}: `;
    const message = (promise) => promise.then(() => assert.fail('no error'), (error) => error.message);
    assert.equal(await message(plugin.invoke('Nope')), `${failed('Nope')} HubException: Method does not exist.`);
    assert.equal(await message(plugin.invoke('Hello', {}, {})), failed('Hello'));
    for (const [method, argument] of [
      ['AckCommands', { ids: 'all' }],
      ['AckCommands', undefined],
      ['ReportResults', { results: [{ id: 'x', status: 'perhaps' }] }],
      ['ReportResults', { results: [{ status: 'completed' }] }],
      ['PlayerJoined', {}],
      ['PlayersOnline', { players: Array(201).fill({ username: 'Steve' }) }],
      ['Hello', { protocol: 2 }],
      ['FetchPendingCommands', { limit: 'many' }],
    ]) {
      const text = await message(argument ? plugin.invoke(method, argument) : plugin.invoke(method));
      assert.ok(text.startsWith(told(method)), text);
      assert.ok(text.length < 400, text);
    }
    assert.deepEqual(await plugin.invoke('AckCommands', { ids: ['nonsense'] }), { accepted: 0 });
    assert.equal(plugin.connection.state, 'Connected');
  });

  test('asks for pending commands at most 60 times a minute', async () => {
    const plugin = await connect();
    const answers = await Promise.allSettled(Array.from({ length: 65 }, () => plugin.invoke('FetchPendingCommands')));
    const refused = answers.filter((it) => it.status === 'rejected').map((it) => it.reason.message);
    assert.ok(refused.length >= 5, `${refused.length} refused`);
    assert.match(refused[0], /rate limited/);
    assert.equal(plugin.connection.state, 'Connected');
  });
});

describe('the token of another server', () => {
  let demo;
  before(async () => { demo = await Demo.start(); });
  after(async () => { await demo?.stop(); });

  test('neither acknowledges nor reports nor receives', async () => {
    const survival = await Plugin.connect(demo, 'Survival');
    const hub = await Plugin.connect(demo, 'Hub');
    const order = await demo.order('VIP', newPlayer());
    const [command] = await survival.commandsOf(order.id);
    const [own] = await hub.commandsOf(order.id);
    assert.notEqual(own.id, command.id);
    assert.deepEqual(await hub.ack(command), { accepted: 0 });
    assert.deepEqual(await hub.report(command, { status: 'completed', output: 'forged' }), { accepted: 0 });
    const untouched = await demo.command(order.id, 'Survival');
    assert.equal(untouched.status, 'Delivered');
    assert.equal(untouched.output, null);
    assert.deepEqual(hub.received.all((it) => it.id === command.id), []);
    await Promise.all([survival.stop(), hub.stop()]);
  });
});

describe('a server that restarts', () => {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    test(`gets its plugin back after ${signal}, and nothing is lost or run twice`, async () => {
      const demo = await Demo.start({ keep: true });
      const folder = await mkdtemp(path.join(tmpdir(), 'tradepost journal '));
      const journal = new Journal(path.join(folder, 'journal'));
      const plugin = await Plugin.connect(demo, 'Survival', { retryEvery: 100, journal });
      try {
        // One is on the plugin and not answered when the server goes.
        const held = await demo.order('VIP', newPlayer());
        const [first] = await plugin.commandsOf(held.id);
        plugin.play();

        // Others are being made while it goes: those that were answered must arrive.
        const orders = [held];
        const making = Promise.all(Array.from({ length: 12 }, async () => {
          const made = await demo.order('1,000 Coins', newPlayer()).catch(() => null);
          if (made) orders.push(made);
        }));
        await until('some orders', () => orders.length > 3);
        assert.equal(await demo.end(signal), signal === 'SIGTERM' ? 0 : null);
        await making;
        await plugin.life.first(1, 'the loss', (it) => it.what === 'reconnecting');
        await demo.startAgain();
        orders.push(await demo.order('VIP', newPlayer()));
        await plugin.life.first(1, 'the return', (it) => it.what === 'reconnected');
        orders.push(await demo.order('VIP', newPlayer()));

        for (const order of orders) {
          await until(`order ${order.number} is delivered`, async () => (
            (await demo.command(order.id, 'Survival')).status === 'Completed'
          ), { within: 20_000 });
        }
        const [, again] = await plugin.commandsOf(held.id, 2);
        assert.equal(again.idempotencyKey, first.idempotencyKey);
        assert.equal(new Set(journal.ran).size, journal.ran.length, 'no key ran twice');
        const commands = await Promise.all(orders.map((order) => demo.command(order.id, 'Survival')));
        const expected = commands.map((command) => `${command.id}:1`);
        assert.deepEqual(expected.filter((key) => !journal.ran.includes(key)), [], 'every order ran');
        const ids = new Set(journal.ran.map((key) => key.split(':')[0]));
        assert.equal(ids.size, journal.ran.length, 'no command ran as two attempts');
      } finally {
        await plugin.stop();
        await demo.stop();
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
});
