// The API against its own description: Schemathesis makes requests of every operation's schemas, good ones
// and bad ones, and checks what is answered. `schemathesis/setup.sh` installs it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Demo } from './lib/demo.mjs';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'schemathesis');
const program = path.join(folder, '.venv', 'bin', 'schemathesis');

// Those of members take away the keys that the others need, so each side has a demo of its own.
const SIDES = [
  { name: 'programs with a key', paths: ['--include-path-regex', '^/api/v1/'], least: 40 },
  { name: 'members with a token', paths: ['--exclude-path-regex', '^/api/v1/'], least: 10 },
];

before(() => {
  assert.ok(existsSync(program), 'Schemathesis is not installed: run e2e/schemathesis/setup.sh');
});

async function logIn(demo) {
  const response = await fetch(`${demo.url}/api/account/login`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(demo.owner),
  });
  assert.equal(response.status, 200);
  return (await response.json()).data.token;
}

/** Runs it. Gives its exit code, what it printed, and its report. */
async function run(t, demo, paths) {
  const work = await mkdtemp(path.join(tmpdir(), 'tradepost-schemathesis-'));
  t.after(() => rm(work, { recursive: true, force: true }));
  const report = path.join(work, 'report.json');
  const args = [
    '--config-file', path.join(folder, 'schemathesis.toml'), 'run', `${demo.url}/api/openapi.json`, ...paths,
    '--report', 'json', '--report-json-path', report,
  ];
  const child = spawn(program, args, {
    cwd: work,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env, API_KEY: demo.apiKey, TOKEN: await logIn(demo), STORE_ID: demo.storeId,
      PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1', NO_COLOR: '1',
    },
  });
  t.signal.addEventListener('abort', () => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text) => { output += text; });
  child.stderr.on('data', (text) => { output += text; });
  const [code] = await once(child, 'close');
  const read = existsSync(report) ? JSON.parse(await readFile(report, 'utf8')) : null;
  return { code, output, report: read };
}

describe('the API keeps to its description', { concurrency: 2 }, () => {
  for (const { name, paths, least } of SIDES) {
    test(name, { timeout: 400_000 }, async (t) => {
      const demo = await Demo.start({ rateLimit: 100_000_000 });
      t.after(() => demo.stop());
      const { code, output, report } = await run(t, demo, paths);
      assert.ok(report?.complete, output);
      for (const phase of ['examples', 'coverage', 'fuzzing', 'stateful']) {
        await t.test(phase, () => assert.equal(report.phases[phase].status, 'success', output));
      }
      const { tested, selected, errored } = report.operations;
      assert.ok(selected >= least, `${selected} operations`);
      assert.deepEqual([tested, errored], [selected, 0], output);
      // A run that was turned away tests nothing.
      assert.deepEqual(report.warnings.rate_limited, [], output);
      assert.equal(code, 0, output);
      t.diagnostic(`${report.test_cases.generated} requests to ${tested} operations in ${report.running_time} s`);
    });
  }
});
