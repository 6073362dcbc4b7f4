// The demo as a process: started, asked, stopped, killed, started again on the same port and folder.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const binary = process.env.TRADEPOST_BIN ?? path.join(root, 'target', 'debug', 'tradepost');
const startWithin = 60_000;

// A demo must not outlive its test, whatever ends the test.
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Demo {
  #child;
  #options;
  #folder;

  /** Starts a demo on a free port. `keep` gives it a folder, so that it can be started again. */
  static async start({ keep = false, rateLimit = 1_000_000, data } = {}) {
    const demo = new Demo();
    if (keep) demo.#folder = await mkdtemp(path.join(tmpdir(), 'tradepost e2e '));
    demo.#options = { rateLimit, data: data ?? demo.#folder };
    await demo.#launch('127.0.0.1:0');
    return demo;
  }

  async #launch(listen) {
    const { rateLimit, data } = this.#options;
    const args = ['demo', '--listen', listen, '--json', '--rate-limit', String(rateLimit)];
    if (data) args.push('--data', data);
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    this.#child = child;
    this.errors = '';
    child.stderr.on('data', (text) => { this.errors += text; });
    child.on('exit', () => running.delete(child));
    const ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the demo was not ready in time\n${this.errors}`)), startWithin);
      const done = (act) => (value) => { clearTimeout(timer); act(value); };
      createInterface({ input: child.stdout }).once('line', done(resolve));
      child.once('error', done(reject));
      child.once('exit', (code) => done(reject)(new Error(`the demo ended with ${code}\n${this.errors}`)));
    });
    Object.assign(this, JSON.parse(await ready));
    this.hubUrl = `${this.url}/plugin-hub`;
  }

  /** A server of the demo by its name, with its token. */
  server(name) {
    const found = this.servers.find((server) => server.name === name);
    assert.ok(found, `the demo has a server ${name}`);
    return found;
  }

  /** A package of the demo by its name. */
  package(name) {
    const found = this.packages.find((it) => it.name === name);
    assert.ok(found, `the demo has a package ${name}`);
    return found;
  }

  /** Calls the Management API. Gives status and body. */
  async call(method, where, body, headers = {}) {
    const response = await fetch(`${this.url}/api/v1${where}`, {
      method,
      headers: { 'X-Api-Key': this.apiKey, ...(body && { 'Content-Type': 'application/json' }), ...headers },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  async #data(method, where, body) {
    const answer = await this.call(method, where, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body.data;
  }

  /** An order made by hand over the API: paid at once. */
  async order(packageName, playerUsername, { quantity = 1, playerUuid } = {}) {
    const items = [{ packageId: this.package(packageName).id, quantity }];
    return this.#data('POST', '/orders', { items, playerUsername, ...(playerUuid && { playerUuid }) });
  }

  /** An order as it stands now. */
  async findOrder(id) {
    return this.#data('GET', `/orders/${id}`);
  }

  /** The only command of an order for one server, as it stands now. */
  async command(orderId, serverName, text = '') {
    const { commands } = await this.findOrder(orderId);
    const found = commands.filter((it) => it.serverName === serverName && it.command.includes(text));
    assert.equal(found.length, 1, `one command for ${serverName}`);
    return found[0];
  }

  /** A checkout session made over the API. */
  async checkout(packageName, playerUsername, more) {
    return this.#data('POST', '/checkout/sessions', {
      items: [{ packageId: this.package(packageName).id }], customer: { playerUsername }, ...more,
    });
  }

  /** A checkout session as it stands now. */
  async findCheckout(id) {
    return this.#data('GET', `/checkout/sessions/${id}`);
  }

  /** Ends the process and waits until it has ended. Gives its exit code. */
  async end(signal = 'SIGTERM') {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    return child.exitCode;
  }

  /** Starts it again where it was: same port, same folder. */
  async startAgain() {
    await this.#launch(new URL(this.url).host);
  }

  /** Ends it for good and removes its folder. */
  async stop() {
    await this.end();
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }
}
