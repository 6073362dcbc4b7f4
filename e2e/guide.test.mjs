// Every block of docs/developer-guide.md, pasted into a shell one after the other.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Demo } from './lib/demo.mjs';
import { blocksOf, differences, inexact, missingHeaders, run } from './lib/guide.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const page = await readFile(path.join(here, '..', 'docs', 'developer-guide.md'), 'utf8');
const blocks = blocksOf(page);

describe('the developer guide', () => {
  let demo;
  let results;

  before(async () => {
    demo = await Demo.start();
    // What a reader fills in.
    const own = { BASE: demo.url, EMAIL: demo.owner.email, PASSWORD: demo.owner.password };
    const [first, ...others] = blocks;
    const text = Object.entries(own).reduce((text, [name, value]) => {
      const line = new RegExp(`^${name}=.*$`, 'm');
      assert.match(text, line);
      return text.replace(line, `${name}='${value}'`);
    }, first.text);
    results = await run([{ ...first, text }, ...others]);
  });
  after(async () => demo?.stop());

  for (const [place, { heading, line, answer }] of blocks.entries()) {
    test(`${heading}: the block in line ${line} does what it says`, (t) => {
      if (results.slice(0, place).some((before) => !before.ended)) {
        t.skip('a block before it failed');
        return;
      }
      const { printed, errors, ended } = results[place];
      assert.ok(ended, `it failed\n${printed}\n${errors}`);
      if (answer?.kind === 'json') {
        const found = differences(JSON.parse(answer.text), JSON.parse(printed));
        assert.deepEqual(found, [], printed);
        assert.deepEqual(inexact(answer.text, printed), [], printed);
      }
      if (answer?.kind === 'http') {
        assert.deepEqual(missingHeaders(answer.text, printed), [], printed);
      }
    });
  }
});

describe('the comparison of answers', () => {
  test('takes what is shown for a part of what came', () => {
    const real = { id: '01931f3c-5a00-7000-8000-000000000001', items: [{ price: 9.99 }, {}], none: null };
    assert.deepEqual(differences({ id: '01a1fbd8-b194-7c88-a1e3-e5e03d304db1', items: [{}] }, real), []);
    assert.deepEqual(differences({ items: [{ price: 9.9 }] }, real).length, 1);
    assert.deepEqual(differences({ items: [] }, real), ['answer.items is not empty']);
    assert.deepEqual(differences({ more: 1, none: 'x' }, real).length, 2);
    assert.deepEqual(inexact('{"price": 9.90}', '{"price":9.9}'), ['"price": 9.90']);
    assert.deepEqual(inexact('{"price": 9.90}', '{"price":9.90}'), []);
  });

  test('refuses what nobody runs', () => {
    assert.throws(() => blocksOf('```js\n1\n```'), /nobody runs/);
    assert.throws(() => blocksOf('```json\n{}\n```'), /no request/);
    assert.deepEqual(blocksOf('# A\n```sh\nls\n```').length, 1);
  });
});
