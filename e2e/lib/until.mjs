// Waiting for conditions: everything here ends as soon as what it waits for is there.

import { setTimeout as pause } from 'node:timers/promises';

/** Asks `probe` again and again until it gives something truthy, and returns that. */
export async function until(what, probe, { within = 10_000, every = 50 } = {}) {
  const deadline = Date.now() + within;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${within} ms in vain: ${what}`);
    await pause(every);
  }
}

/** What has happened so far, and a way to wait for what has not happened yet. */
export class History {
  #entries = [];
  #waiting = new Set();

  add(entry) {
    this.#entries.push(entry);
    for (const check of this.#waiting) check();
  }

  /** Everything that fits, oldest first. */
  all(fits = () => true) {
    return this.#entries.filter(fits);
  }

  /** The first `count` entries that fit, as soon as there are so many. */
  async first(count, what, fits = () => true, within = 10_000) {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = this.all(fits);
        if (found.length < count) return;
        this.#waiting.delete(check);
        clearTimeout(timer);
        resolve(found.slice(0, count));
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const seen = `${this.all(fits).length} of ${count}, ${this.#entries.length} in all`;
        reject(new Error(`waited ${within} ms in vain: ${what} (${seen})`));
      }, within);
      this.#waiting.add(check);
      check();
    });
  }
}
