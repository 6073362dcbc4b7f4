// The clients in docs/plugin-protocol.md, as a reader would save and run them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Demo } from './lib/demo.mjs';
import { until } from './lib/until.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const clients = {
  js: {
    file: 'plugin.mjs',
    program: process.execPath,
    game: 'const runInConsole = async (command) => `ran: ${command}`;',
    // Runs it and never comes back.
    stuck: `import { appendFileSync } from "node:fs";
const runInConsole = (command) => new Promise(() => appendFileSync("ran", command + "\\n"));`,
  },
  python: {
    file: 'plugin.py',
    program: path.join(here, '.venv', 'bin', 'python'),
    game: 'async def run_in_console(command): return f"ran: {command}"',
    stuck: `async def run_in_console(command):
    open("ran", "a").write(command + "\\n")
    await asyncio.sleep(3600)`,
  },
};

const page = await readFile(path.join(here, '..', 'docs', 'plugin-protocol.md'), 'utf8');

for (const [language, client] of Object.entries(clients)) {
  describe(`the documented plugin in ${language}`, () => {
    const code = new RegExp(`\`\`\`${language}\\n(.*?)\n\`\`\``, 's').exec(page)[1];
    let demo;
    let folder;
    let child;

    const start = async (text) => {
      await writeFile(path.join(folder, client.file), text);
      child = spawn(client.program, [client.file], {
        cwd: folder,
        env: { ...process.env, STORE: demo.url, TOKEN: demo.server('Survival').token },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      await once(child, 'spawn');
    };
    const kill = async () => {
      if (!child || child.signalCode) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    };
    const settled = (order) => until('the command to end', async () => {
      const command = await demo.command(order.id, 'Survival');
      return ['Completed', 'Failed'].includes(command.status) && command;
    }, { within: 30_000 });

    before(async () => {
      demo = await Demo.start();
      folder = await mkdtemp(path.join(tmpdir(), 'documented-'));
      await symlink(path.join(here, 'node_modules'), path.join(folder, 'node_modules'));
    });
    after(async () => {
      await kill();
      await demo?.stop();
      if (folder) await rm(folder, { recursive: true });
    });

    test('has at most 60 lines', () => {
      assert.ok(code.split('\n').length <= 60, `${code.split('\n').length} lines`);
    });

    test('runs what was bought, also what was bought before it came', async () => {
      const before = await demo.order('VIP', 'Early');
      await start(code);
      const after = await demo.order('VIP', 'Late');
      for (const [order, player] of [[before, 'Early'], [after, 'Late']]) {
        const { status, output } = await settled(order);
        assert.deepEqual([status, output], ['Completed', `ran: lp user ${player} parent add vip`]);
      }
    });

    test('never runs a command twice, and says so when it cannot know', async () => {
      await kill();
      assert.ok(code.includes(client.game));
      await start(code.replace(client.game, client.stuck));
      const order = await demo.order('VIP', 'Unlucky');
      const ran = path.join(folder, 'ran');
      await until('the command to run', async () => (await readFile(ran, 'utf8').catch(() => '')) !== '');
      await kill();
      await start(code);
      const command = await settled(order);
      assert.equal(command.status, 'Failed');
      assert.match(command.lastError, /^interrupted/);
      assert.equal(await readFile(ran, 'utf8'), 'lp user Unlucky parent add vip\n');
    });
  });
}
