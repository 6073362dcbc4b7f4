// How long it takes from approving a payment to the command's arrival at the plugin.
//
// A bench, not a test: node latency.mjs [purchases]. Measures the release binary, or TRADEPOST_BIN, on
// the disk of BENCH_DIR or of the temporary folder, beside what one fdatasync takes there.

import { fdatasync, openSync, writeSync, closeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
process.env.TRADEPOST_BIN ??= path.join(root, 'target', 'release', 'tradepost');
const { Buyer } = await import('./lib/buyer.mjs');
const { Demo } = await import('./lib/demo.mjs');
const { Plugin } = await import('./lib/plugin.mjs');

const purchases = Number(process.argv[2] ?? 500);
const warmUp = 20;
const syncs = 200;

const folder = await mkdtemp(path.join(process.env.BENCH_DIR ?? tmpdir(), 'tradepost-latency-'));
const demo = await Demo.start({ data: path.join(folder, 'data') });
const survival = await Plugin.connect(demo, 'Survival');
await survival.hello();
const buyer = new Buyer();
try {
  const times = [];
  for (let i = 0; i < warmUp + purchases; i += 1) {
    const time = await purchase(`Racer_${i}`);
    if (i >= warmUp) times.push(time);
  }
  const disk = await syncTimes();
  console.log(`approved to received: median ${ms(quantile(times, 0.5))}, p99 ${ms(quantile(times, 0.99))} (${purchases} purchases, one after another)`);
  console.log(`fdatasync of 4 KiB:   median ${ms(quantile(disk, 0.5))}, p99 ${ms(quantile(disk, 0.99))} (${syncs} appends in the same folder)`);
  const after = quantile(times, 0.5) - 1;
  console.log(`median less 1 ms:     ${(after / quantile(disk, 0.5)).toFixed(1)} fdatasyncs`);
} finally {
  buyer.leave();
  await survival.stop();
  await demo.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Buys VIP and gives the milliseconds from sending the approval to the command's arrival. */
async function purchase(username) {
  const back = 'http://localhost:8000/';
  const session = await demo.checkout('VIP', username, { successUrl: back, cancelUrl: back });
  const csrf = await buyer.open(session.url);
  const gateway = await buyer.submit(session.url, { csrf, email: '', method: 'test' });
  await buyer.open(gateway);
  const arrival = survival.command(`lp user ${username} parent add vip`);
  const begin = performance.now();
  const approved = buyer.submit(gateway, { csrf, decision: 'approve' });
  const command = await arrival;
  await approved;
  await survival.report(command, { status: 'completed', output: 'done' });
  return command.at - begin;
}

async function syncTimes() {
  const file = openSync(path.join(folder, 'sync'), 'a');
  const block = Buffer.alloc(4096, 1);
  const times = [];
  for (let i = 0; i < syncs; i += 1) {
    writeSync(file, block);
    const begin = performance.now();
    await promisify(fdatasync)(file);
    times.push(performance.now() - begin);
  }
  closeSync(file);
  return times;
}

function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

function ms(value) {
  return `${value.toFixed(2)} ms`;
}
