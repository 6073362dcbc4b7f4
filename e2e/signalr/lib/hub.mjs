// The server under test: the example `testhub` as a process, or whatever SIGNALR_URL names.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../lib/until.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const binary = process.env.TESTHUB_BIN ?? path.join(root, 'target', 'debug', 'examples', 'testhub');

/** Whether the server at SIGNALR_URL is ASP.NET Core, with which these tests are checked themselves. */
export const isReference = Boolean(process.env.SIGNALR_REFERENCE);
/** Whether the server speaks MessagePack. ASP.NET Core does so only with a further package. */
export const hasMessagePack = !isReference;

// A server must not outlive its test, whatever ends the test.
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Whether somebody listens there. */
async function answers(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

export class Hub {
  #child;

  /** Starts the server on a free port, or takes the one that runs at SIGNALR_URL. */
  static async start() {
    const hub = new Hub();
    if (process.env.SIGNALR_URL) {
      hub.url = process.env.SIGNALR_URL.replace(/\/$/, '');
    } else {
      await hub.#launch(await freePort());
    }
    return hub;
  }

  async #launch(port) {
    const child = spawn(binary, [`127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(child);
    this.#child = child;
    let errors = '';
    let ended = null;
    child.stderr.on('data', (text) => { errors += text; });
    child.once('error', (error) => { ended = error.message; });
    child.once('exit', (code, signal) => {
      running.delete(child);
      ended ??= `ended with ${code ?? signal}`;
    });
    await until(`${binary} listens`, () => {
      if (ended) throw new Error(`${binary}: ${ended}\n${errors}`);
      return answers(port);
    }, { within: 30_000 });
    this.url = `http://127.0.0.1:${port}`;
  }

  /** The address of a hub, with `http:`. */
  at(hubPath = '/plugin-hub') {
    return `${this.url}${hubPath}`;
  }

  async stop() {
    if (!this.#child || this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
