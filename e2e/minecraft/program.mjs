// Processes that end with their test.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { History } from '../lib/until.mjs';

const endWithin = 10_000;

// Nothing may outlive its test, whatever ends the test.
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A process that prints lines. */
export class Program {
  /** What it printed, line by line. */
  lines = new History();
  errors = '';

  constructor(command, args, { env, input = 'pipe', parse = (line) => line } = {}) {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: [input, 'pipe', 'pipe'] });
    this.child = child;
    running.add(child);
    child.on('exit', () => running.delete(child));
    this.ended = once(child, 'close');
    child.stdin?.on('error', () => {}); // it may end while somebody writes to it
    child.stderr.on('data', (text) => { this.errors += text; });
    createInterface({ input: child.stdout }).on('line', (line) => this.lines.add(parse(line)));
  }

  /** The first line that fits, as soon as it is there. */
  async line(what, fits, within) {
    const found = this.lines.first(1, what, fits, within);
    const ended = this.ended.then(() => assert.fail(`it has ended: ${what}`));
    try {
      return (await Promise.race([found, ended]))[0];
    } catch (error) {
      const last = this.lines.all().slice(-10).map((it) => JSON.stringify(it)).join('\n');
      throw new Error(`${error.message}\n${last}\n${this.errors}`, { cause: error });
    }
  }

  /** Writes a line to its standard input. */
  type(line) {
    this.child.stdin.write(`${line}\n`);
  }

  /** Asks it to end, by the end of its input, and forces it where that takes too long. */
  async stop() {
    this.child.stdin?.end();
    await this.#forced();
  }

  /** Sends it a signal that ends it. */
  async end(signal) {
    this.child.kill(signal);
    await this.#forced();
  }

  async #forced() {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), endWithin);
    await this.ended;
    clearTimeout(timer);
  }
}
