// A guide whose shell blocks can be run, and whose answers can be compared with what really came.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * The blocks of a page in their order: `sh` is run, and `json` or `http` behind it is what it prints.
 * Gives the `sh` blocks, each with its answer. A block of another kind would be run by nobody, so it
 * is an error.
 */
export function blocksOf(page) {
  const blocks = [];
  let heading = '';
  let open;
  for (const [place, line] of page.split('\n').entries()) {
    const fence = /^\s*(?:```|~~~)(.*)$/.exec(line);
    if (!open && /^#+ /.test(line)) heading = line.replace(/^#+ /, '');
    if (!fence) {
      open?.lines.push(line);
      continue;
    }
    if (!open) {
      open = { kind: fence[1], line: place + 1, heading, lines: [] };
      continue;
    }
    const { kind, lines, ...where } = open;
    const text = lines.join('\n');
    const last = blocks.at(-1);
    if (kind === 'sh') {
      blocks.push({ ...where, text });
    } else {
      assert.ok(['json', 'http'].includes(kind), `line ${where.line}: nobody runs a block of ${kind || 'no kind'}`);
      assert.ok(last && !last.answer, `line ${where.line}: an answer to no request`);
      last.answer = { kind, text, line: where.line };
    }
    open = undefined;
  }
  assert.ok(!open, 'a block is not closed');
  return blocks;
}

const mostTime = 120_000;
// What a reader sees, a shell has to be told: that an answer is a failure.
const strict = `set -euo pipefail
curl() {
  local answer status=0
  answer=$(command curl -S --fail-with-body "$@") || status=$?
  printf '%s\\n' "$answer"
  if [ "$status" != 0 ]; then printf '%s\\n' "$answer" >&2; fi
  return "$status"
}`;

/** Whether a block shows how something is refused: curl ends with an error then. */
const isRefused = ({ answer }) => answer?.kind === 'json' && JSON.parse(answer.text).success === false;

/**
 * Runs blocks one after the other in one bash, in a folder of their own. Gives what each printed;
 * those that were not reached are missing.
 */
export async function run(blocks) {
  const folder = await mkdtemp(path.join(tmpdir(), 'guide-'));
  try {
    const out = (place, name) => path.join(folder, `${place}.${name}`);
    const script = blocks.map((block, place) => [
      `exec >${out(place, 'out')} 2>${out(place, 'err')}`,
      isRefused(block) ? `if {\n${block.text}\n}; then echo 'was not refused' >&2; exit 1; fi` : block.text,
      `echo >${out(place, 'done')}`,
    ].join('\n'));
    await writeFile(out('all', 'sh'), [strict, ...script].join('\n'));
    const bash = spawn('bash', [out('all', 'sh')], { cwd: folder, stdio: 'ignore', timeout: mostTime });
    await once(bash, 'exit');
    const read = async (place, name) => readFile(out(place, name), 'utf8').catch(() => undefined);
    return await Promise.all(blocks.map(async (_, place) => ({
      printed: await read(place, 'out'),
      errors: await read(place, 'err'),
      ended: await read(place, 'done') !== undefined,
    })));
  } finally {
    await rm(folder, { recursive: true });
  }
}

// What is different each time, in the order in which it is looked for.
const changing = [
  [/eyJ[\w-]*(\.\.\.|\.[\w-]+\.[\w-]+)/g, 'TOKEN'],
  [/flx_\w{8}_\w{32}/g, 'KEY'],
  [/flx_\w{8}_\w{4}/g, 'PREFIX'],
  [/cs_\w{24}/g, 'SESSION'],
  [/evt_[0-9a-f]{32}/g, 'EVENT'],
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/https?:\/\/(127\.0\.0\.1|localhost)(:\d+)?/g, 'BASE'],
];
// Members that are different each time though their values do not look like it.
const changingMembers = new Set(['shortId', 'number', 'seq', 'totalCount']);

const masked = (text) => changing.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), text);
const kind = (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Everything in which `real` is not what is `shown`. What is not shown may be anything. */
export function differences(shown, real, at = 'answer') {
  if (kind(shown) !== kind(real)) return [`${at} is ${JSON.stringify(real)}, shown is ${JSON.stringify(shown)}`];
  if (Array.isArray(shown)) {
    if (shown.length === 0 && real.length > 0) return [`${at} is not empty`];
    if (shown.length > real.length) return [`${at} has ${real.length} elements, shown are ${shown.length}`];
    return shown.flatMap((value, place) => differences(value, real[place], `${at}[${place}]`));
  }
  if (kind(shown) === 'object') {
    return Object.entries(shown).flatMap(([name, value]) => {
      if (!Object.hasOwn(real, name)) return [`${at} has no ${name}`];
      if (changingMembers.has(name) && kind(value) === kind(real[name])) return [];
      return differences(value, real[name], `${at}.${name}`);
    });
  }
  const [expected, found] = typeof shown === 'string' ? [masked(shown), masked(real)] : [shown, real];
  return expected === found ? [] : [`${at} is ${JSON.stringify(real)}, shown is ${JSON.stringify(shown)}`];
}

/** Amounts that are not printed with the digits that are shown, which parsing would hide. */
export function inexact(shown, printed) {
  const amounts = shown.match(/"\w+": -?\d+\.\d+(?![\d.])/g) ?? [];
  const compact = printed.replaceAll(/":\s+/g, '":');
  return amounts.filter((amount) => {
    const text = amount.replace(': ', ':');
    return !new RegExp(`${text.replaceAll('.', '\\.')}(?![\\d.])`).test(compact);
  });
}

/** The headers that are shown and were not printed. Numbers may be others. */
export function missingHeaders(shown, printed) {
  const plain = (text) => masked(text).toLowerCase().replaceAll(/\d+/g, '0').split(/\r?\n/).map((line) => line.trim());
  const real = new Set(plain(printed));
  return plain(shown).filter((line) => line && !real.has(line));
}
