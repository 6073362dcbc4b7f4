// A real Minecraft server and real players. prepare.sh builds what they need.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync } from 'node:fs';
import path from 'node:path';
import { until } from '../lib/until.mjs';
import { Program } from './program.mjs';

const here = import.meta.dirname;
const java = path.join(here, 'server', 'target', 'jdk', 'bin', 'java');
const startWithin = 60_000;
const RCON_PASSWORD = 'a password with spaces';

/** A Minecraft server. */
export class Game extends Program {
  password = RCON_PASSWORD;
  #writer;

  /**
   * Starts a server on free ports. With `console`, the path of a FIFO to be made, its console reads
   * from there, and goes on when a writer leaves. `log` is a file for what it says.
   */
  static async start({ console, log } = {}) {
    assert.ok(existsSync(java), 'run e2e/minecraft/prepare.sh first');
    const game = console ? Game.#onFifo(console, log) : new Game('pipe', log);
    const ready = await game.line('the game is ready', (line) => line.startsWith('READY '), startWithin);
    [, game.port, game.rconPort] = ready.split(' ').map(Number);
    return game;
  }

  static #onFifo(fifo, log) {
    execFileSync('mkfifo', ['-m', '600', fifo]);
    // Opened for both first, since either side alone would wait for the other. The writer is kept, so
    // that the console ends when this process does and not before.
    const both = openSync(fifo, 'r+');
    const reader = openSync(fifo, 'r');
    const game = new Game(reader, log);
    game.#writer = openSync(fifo, 'w');
    closeSync(both);
    closeSync(reader);
    return game;
  }

  constructor(input, log) {
    const parse = (line) => {
      if (log && line.startsWith('[')) appendFileSync(log, `${line}\n`);
      return line;
    };
    // Starts fast and stays small: it never runs long enough for more to pay.
    super(java, [
      '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m',
      '-jar', path.join(here, 'server', 'target', 'server.jar'),
    ], { env: { MINECRAFT_PORT: '0', RCON_PORT: '0', RCON_PASSWORD }, input, parse });
  }

  /** The commands that came by RCON or by the console, in their order. */
  get commands() {
    return this.lines.all((line) => /^(RCON|CONSOLE) /.test(line)).map((line) => line.slice(line.indexOf(' ') + 1));
  }

  /** Waits for a line that ends so. Lines of the game's log begin with the time. */
  async says(text, within) {
    return this.line(`the game says "${text}"`, (line) => line.endsWith(text), within);
  }

  async stop() {
    if (this.#writer === undefined) return super.stop();
    closeSync(this.#writer);
    this.#writer = undefined;
    return this.end(); // others may still hold the FIFO open
  }
}

/** Somebody who plays. */
export class Player extends Program {
  /** Joins a game, and returns when the player is in the world. */
  static async join(game, name) {
    const player = new Player(process.execPath, [path.join(here, 'bot.mjs'), game.port, name], { parse: JSON.parse });
    const { uuid } = await player.line(`${name} joins`, (it) => it.event === 'joined', startWithin);
    return Object.assign(player, { uuid });
  }

  /** How many of an item the player holds now. */
  count(item) {
    return this.lines.all((it) => it.event === 'inventory').at(-1)?.items[item] ?? 0;
  }

  /** Waits until the player holds so many of an item. */
  async holds(item, count, within) {
    await until(`the player holds ${count} of ${item}`, () => this.count(item) === count, { within });
  }

  /** Waits until the player reads something in the chat. */
  async reads(text, within) {
    await this.line(`"${text}" in the chat`, (it) => it.event === 'chat' && it.text === text, within);
  }
}
