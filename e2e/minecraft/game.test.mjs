// The game that purchases are delivered to behaves as games do.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Game, Player } from './lib.mjs';
import { Rcon } from './rcon.mjs';

/** What an offline server calls Steve, in every world. */
const STEVE_UUID = '5627dd98-e6be-3c21-b8a8-e92344183641';

describe('the game', () => {
  let game;
  let rcon;
  let steve;

  before(async () => {
    game = await Game.start();
    rcon = await Rcon.connect(game);
    assert.ok(await rcon.logIn(game.password));
    steve = await Player.join(game, 'Steve');
  });
  after(async () => {
    rcon?.close();
    await steve?.stop();
    await game?.stop();
  });

  test('knows who plays', async () => {
    assert.equal(steve.uuid, STEVE_UUID);
    await game.says(`JOIN Steve ${STEVE_UUID}`);
    await game.says('[Server thread/INFO]: Steve joined the game');
    assert.equal(await rcon.run('list'), 'There are 1 of a max of 20 players online: Steve');
  });

  test('gives items and takes them away', async () => {
    assert.equal(await rcon.run('give Steve diamond 3'), 'Gave 3 [Diamond] to Steve');
    await steve.holds('diamond', 3);
    assert.equal(await rcon.run('/give steve minecraft:oak_log 65'), 'Gave 65 [Oak Log] to Steve');
    await steve.holds('oak_log', 65);
    assert.equal(await rcon.run('clear Steve diamond 2'), 'Removed 2 item(s) from player Steve');
    await steve.holds('diamond', 1);
    assert.equal(await rcon.run('clear Steve oak_log'), 'Removed 65 item(s) from player Steve');
    await steve.holds('oak_log', 0);
    assert.equal(await rcon.run('clear Steve oak_log'), 'No items were found on player Steve');
  });

  test('has groups, also for those who are away', async () => {
    assert.equal(await rcon.run('lp user Alex parent add vip'), '[LP] Alex now inherits permissions from vip in context global.');
    assert.equal(await rcon.run('lp user alex info'), '[LP] alex: vip');
    await rcon.run('lp user Alex parent remove vip');
    assert.equal(await rcon.run('lp user Alex info'), '[LP] Alex: ');
  });

  test('says what it cannot do', async () => {
    const unknown = 'Unknown or incomplete command, see below for error\n';
    assert.equal(await rcon.run('give Nobody diamond'), 'No player was found');
    assert.equal(await rcon.run('fly Steve'), `${unknown}fly Steve<--[HERE]`);
    assert.equal(await rcon.run('give Steve'), `${unknown}give Steve<--[HERE]`);
    assert.equal(await rcon.run('give Steve unobtainium'), "Unknown item 'minecraft:unobtainium'\ngive Steve unobtainium<--[HERE]");
    assert.equal(await rcon.run('give Steve diamond 1 more'), 'Incorrect argument for command\ngive Steve diamond 1 more<--[HERE]');
    assert.equal(await rcon.run('give Steve diamond many'), 'Expected integer\ngive Steve diamond many<--[HERE]');
  });

  test('refuses a wrong password, and commands after one', async () => {
    for (const password of ['wrong', '', game.password.toUpperCase()]) {
      const stranger = await Rcon.connect(game);
      assert.equal(await stranger.logIn(password), false);
      assert.equal(await stranger.run('say I am in'), undefined);
      stranger.close();
    }
    assert.ok(!game.commands.includes('say I am in'));
  });

  test('has a chat and a console', async () => {
    game.type('say hello');
    await steve.reads('[Server] hello');
    game.type('list');
    await game.says('[Server thread/INFO]: There are 1 of a max of 20 players online: Steve');
    assert.equal(await rcon.run('say hello again'), '');
    await steve.reads('[Rcon] hello again');
    steve.type('good evening');
    await game.says('[Server thread/INFO]: <Steve> good evening');
  });

  test('lets nobody in twice, and sees them leave', async () => {
    const again = await Player.join(game, 'Steve');
    await steve.ended;
    assert.equal(await rcon.run('list'), 'There are 1 of a max of 20 players online: Steve');
    await again.stop();
    await game.lines.first(2, 'both left', (line) => line === `LEAVE Steve ${STEVE_UUID}`);
    assert.equal(await rcon.run('list'), 'There are 0 of a max of 20 players online: ');
  });
});

test('a console may be a FIFO with many writers', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tradepost minecraft '));
  const fifo = path.join(folder, 'console');
  const game = await Game.start({ console: fifo });
  try {
    for (const word of ['one', 'two']) {
      await writeFile(fifo, `say ${word}\n`);
      await game.says(`[Server] ${word}`);
    }
    assert.deepEqual(game.commands, ['say one', 'say two']);
  } finally {
    await game.stop();
    await rm(folder, { recursive: true });
  }
});

test('a game that is told to stop ends', async () => {
  const game = await Game.start();
  const rcon = await Rcon.connect(game);
  await rcon.logIn(game.password);
  assert.equal(await rcon.run('stop'), 'Stopping the server');
  const [code] = await game.ended;
  assert.equal(code, 0);
  rcon.close();
});
