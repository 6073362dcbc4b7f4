// The Python clients, each on every way it knows: their checks are under `python`, one test each here.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Hub, hasMessagePack, isReference } from './lib/hub.mjs';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'python');
const python = path.join(folder, '..', '..', '.venv', 'bin', 'python');

const RUNS = [
  { client: 'signalrcore', transport: 'WebSockets', protocol: 'json' },
  { client: 'signalrcore', transport: 'ServerSentEvents', protocol: 'json' },
  // It takes one record from each poll's answer, and the reference gives it many.
  ...(isReference ? [] : [{ client: 'signalrcore', transport: 'LongPolling', protocol: 'json' }]),
  { client: 'pysignalr', transport: 'WebSockets', protocol: 'json' },
  ...(hasMessagePack ? [
    { client: 'signalrcore', transport: 'WebSockets', protocol: 'messagepack' },
    { client: 'pysignalr', transport: 'WebSockets', protocol: 'messagepack' },
  ] : []),
];

before(() => {
  assert.ok(existsSync(python), 'the Python clients are not installed: run e2e/signalr/python/setup.sh');
});

// Each has a server of its own, since `Fan` reaches everybody there.
describe('the Python client', { concurrency: process.env.SIGNALR_URL ? 1 : 3 }, () => {
  for (const { client, transport, protocol } of RUNS) {
    test(`${client}, ${protocol} over ${transport}`, async (t) => {
      const hub = await Hub.start();
      t.after(() => hub.stop());
      const child = spawn(python, [`${client}_checks.py`, hub.url, transport, protocol], {
        cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
      });
      t.signal.addEventListener('abort', () => child.kill('SIGKILL'));
      let errors = '';
      child.stderr.on('data', (text) => { errors += text; });
      const ended = once(child, 'close');
      let checks = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        const { name, error } = JSON.parse(line);
        checks += 1;
        await t.test(name, () => assert.equal(error, null, error));
      }
      const [code] = await ended;
      assert.equal(code, 0, errors);
      assert.ok(checks > 5, `${checks} checks`);
    });
  }
});
