// The agent that runs beside a game: started, killed, started again on the same folder.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Program } from './program.mjs';

const root = path.resolve(import.meta.dirname, '..', '..');
const binary = process.env.TRADEPOST_BIN ?? path.join(root, 'target', 'debug', 'tradepost');

export class Agent {
  #folder;
  #program;

  /** Starts an agent for a shop's server. `settings` are further sections of its configuration. */
  static async start(shop, settings) {
    const agent = new Agent();
    agent.#folder = await mkdtemp(path.join(tmpdir(), 'tradepost agent '));
    await writeFile(agent.#config, toml({
      store: shop.demo.url, token: shop.server.token, data: 'data', online_mode: false, ...settings,
    }), { mode: 0o600 });
    agent.startAgain();
    return agent;
  }

  get #config() {
    return path.join(this.#folder, 'agent.toml');
  }

  /** Starts it where it was. It may start before or after the game and the shop. */
  startAgain() {
    this.#program = new Program(binary, ['agent', 'run', '--config', this.#config]);
  }

  /** Ends it as a crash does. */
  async kill() {
    await this.#program.end('SIGKILL');
  }

  /** Ends it for good. */
  async stop() {
    await this.#program.end('SIGTERM');
    await rm(this.#folder, { recursive: true });
  }
}

/** Writes settings, and sections of settings, as TOML, which has texts, numbers and truth as JSON does. */
function toml(settings) {
  const isSection = ([, value]) => typeof value === 'object';
  const lines = (of) => Object.entries(of).filter((it) => !isSection(it)).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  const sections = Object.entries(settings).filter(isSection).map(([name, section]) => `[${name}]\n${lines(section).join('')}`);
  return lines(settings).concat(sections).join('');
}
