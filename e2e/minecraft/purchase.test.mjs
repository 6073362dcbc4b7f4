// Purchases reach a real game: shop, agent, game and player, nothing simulated.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../lib/until.mjs';
import { Agent } from './agent.mjs';
import { Game, Player } from './lib.mjs';
import { Shop } from './shop.mjs';
import { Wire } from './wire.mjs';

let shop;
let players = 0;
/** A name that nobody has yet. */
const newName = () => `Player_${++players}`;
const count = (list, item) => list.filter((it) => it === item).length;

before(async () => {
  shop = await Shop.open();
  const run = (type, template) => ({ type, template, execute: 'always' });
  const whenOnline = (type, template) => ({ type, template, execute: 'whenOnline' });
  await shop.sell('Diamond', [
    run('initial', 'give {player} diamond 1'), run('refund', 'clear {player} diamond 1'),
  ]);
  await shop.sell('Emerald', [
    whenOnline('initial', 'give {player} emerald 1'), whenOnline('refund', 'clear {player} emerald 1'),
  ]);
  await shop.sell('Thanks', [run('initial', 'say {player} made order {order_number}')]);
});
after(() => shop?.close());

describe('by RCON, a purchase', () => {
  let game;
  let wire;
  let agent;
  let player;

  before(async () => {
    game = await Game.start();
    wire = await Wire.lay(game.rconPort);
  });
  after(async () => {
    await wire?.cut();
    await game?.stop();
  });

  const start = async (settings) => {
    const rcon = { address: `127.0.0.1:${wire.port}`, password: game.password };
    agent = await Agent.start(shop, { game: { kind: 'rcon' }, rcon, players: { every_seconds: 1 }, ...settings });
  };
  const join = async (name = newName()) => {
    player = await Player.join(game, name);
    return name;
  };
  afterEach(async () => {
    wire.losesAnswers = false;
    await player?.stop();
    await agent?.stop();
    [player, agent] = [];
  });

  test('arrives in the inventory, and the order shows what the game said', async () => {
    await start();
    const name = await join();
    const order = await shop.buy('Diamond', name);
    await player.holds('diamond', 1);
    const [command] = await shop.shows(order, 'Completed');
    assert.equal(command.output, `Gave 1 [Diamond] to ${name}`);
    assert.equal(command.attempts, 1);
  });

  test('that needs its player waits until they join', async () => {
    await start();
    const name = newName();
    const order = await shop.buy('Emerald', name);
    await shop.shows(order, 'AwaitingPlayer');
    assert.equal(count(game.commands, `give ${name} emerald 1`), 0, 'the game was not asked');
    await join(name);
    await player.holds('emerald', 1);
    await shop.shows(order, 'Completed');
    assert.equal(count(game.commands, `give ${name} emerald 1`), 1);
  });

  test('that was not told to wait does so once the game does not find its player', async () => {
    await start();
    const name = newName();
    const order = await shop.buy('Diamond', name);
    await shop.shows(order, 'AwaitingPlayer');
    assert.equal(count(game.commands, `give ${name} diamond 1`), 1, 'the game was asked');
    await join(name);
    await player.holds('diamond', 1);
    await shop.shows(order, 'Completed');
  });

  test('is taken away when it is refunded', async () => {
    await start();
    const name = await join();
    const orders = [await shop.buy('Diamond', name), await shop.buy('Diamond', name)];
    await player.holds('diamond', 2);
    await shop.refund(orders[0]);
    await player.holds('diamond', 1);
    const [command] = await shop.shows(orders[0], 'Completed', { type: 'refund' });
    assert.equal(command.output, `Removed 1 item(s) from player ${name}`);
    assert.equal((await shop.demo.findOrder(orders[0].id)).status, 'Refunded');
    assert.equal((await shop.demo.findOrder(orders[1].id)).status, 'Paid');
  });

  test('waits for an agent that is not there, and arrives once', async () => {
    await start();
    const name = await join();
    await shop.shows(await shop.buy('Diamond', name), 'Completed');
    await agent.kill();
    const order = await shop.buy('Diamond', name);
    agent.startAgain();
    await shop.shows(order, 'Completed');
    await player.holds('diamond', 2);
    assert.equal(count(game.commands, `give ${name} diamond 1`), 2);
  });

  test('is not made again where the agent died before it knew the end, and says so', async () => {
    // It would wait for its list of players as well.
    await start({ players: { watch: false } });
    const name = await join();
    await shop.shows(await shop.buy('Thanks', name), 'Completed');
    wire.losesAnswers = true;
    const order = await shop.buy('Diamond', name);
    await player.holds('diamond', 1);
    await agent.kill();
    wire.losesAnswers = false;
    agent.startAgain();
    const [command] = await shop.shows(order, 'Failed');
    assert.ok(command.lastError, 'the order says why');
    assert.equal(player.count('diamond'), 1);
    assert.equal(count(game.commands, `give ${name} diamond 1`), 1);
  });

  test('is made once, whenever the agent dies', { timeout: 120_000 }, async () => {
    await start();
    const name = newName();
    const orders = [];
    let bought = false;
    const buy = async () => {
      for (let i = 0; i < 20; i += 1) orders.push(await shop.buy('Thanks', name));
    };
    const die = async () => {
      while (!bought) {
        await pause(100 + Math.random() * 300);
        await agent.kill();
        agent.startAgain();
      }
    };
    await Promise.all([buy().finally(() => { bought = true; }), die()]);
    for (const { id, number } of orders) {
      const command = await until(`order ${number} ends`, async () => {
        const [found] = (await shop.demo.findOrder(id)).commands;
        return /^(Completed|Failed)$/.test(found.status) && found;
      }, { within: 60_000 });
      const made = count(game.commands, `say ${name} made order ${number}`);
      // Where nobody can know whether it was made, the order says that it failed.
      assert.ok(made === 1 || (made === 0 && command.status === 'Failed'), `order ${number}: ${made}, ${command.status}`);
    }
  });

  test('waits for a game that is down', async () => {
    await start();
    const name = newName();
    await game.stop();
    const order = await shop.buy('Emerald', name);
    game = await Game.start();
    wire.to = game.rconPort;
    await join(name);
    await player.holds('emerald', 1, 30_000);
    await shop.shows(order, 'Completed');
    assert.equal(count(game.commands, `give ${name} emerald 1`), 1);
  });
});

describe('by the console, a purchase', () => {
  let folder;
  let game;
  let agent;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tradepost minecraft '));
    const [pipe, log] = ['console', 'latest.log'].map((name) => path.join(folder, name));
    game = await Game.start({ console: pipe, log });
    agent = await Agent.start(shop, { game: { kind: 'console' }, console: { pipe, log }, players: { every_seconds: 1 } });
  });
  afterEach(async () => {
    await agent?.stop();
    await game?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('arrives, waits for its player, and is made once although the agent dies', async () => {
    const name = newName();
    const waiting = await shop.buy('Emerald', name);
    await shop.shows(waiting, 'AwaitingPlayer');
    const player = await Player.join(game, name);
    await player.holds('emerald', 1);
    const [command] = await shop.shows(waiting, 'Completed');
    assert.match(command.output, new RegExp(`Gave 1 \\[Emerald\\] to ${name}`));

    await agent.kill();
    const order = await shop.buy('Diamond', name);
    agent.startAgain();
    await player.holds('diamond', 1);
    await shop.shows(order, 'Completed');
    assert.deepEqual(game.commands, [`give ${name} emerald 1`, `give ${name} diamond 1`]);
    await player.stop();
  });

  test('is not made again by what players say', async () => {
    const name = newName();
    const player = await Player.join(game, name);
    const order = await shop.buy('Diamond', name);
    await player.holds('diamond', 1);
    player.type('No player was found');
    player.type('Unknown or incomplete command, see below for error<--[HERE]');
    const [command] = await shop.shows(order, 'Completed');
    assert.equal(command.attempts, 1);
    assert.deepEqual(game.commands, [`give ${name} diamond 1`]);
    await player.stop();
  });
});
