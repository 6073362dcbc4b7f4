// A game server's plugin: the official SignalR client, and the journal that every plugin keeps.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { History } from './until.mjs';

/** Which delivery ran, by its key. On disk where a path is given: a key is written before it runs. */
export class Journal {
  #path;
  #results = new Map();
  /** Keys in the order in which they ran. */
  ran = [];

  constructor(path) {
    this.#path = path;
    if (!path || !existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
      const { key, result } = JSON.parse(line);
      if (result) this.#results.set(key, result);
      else this.ran.push(key);
    }
  }

  /** The result of a delivery: run now, or remembered where its key ran before. */
  once(command, run) {
    const key = command.idempotencyKey;
    if (!this.#results.has(key)) {
      this.#write({ key });
      this.ran.push(key);
      const result = run(command);
      this.#results.set(key, result);
      this.#write({ key, result });
    }
    return this.#results.get(key);
  }

  #write(entry) {
    if (this.#path) appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }
}

/** What a server's console says in these tests. */
export function consoleOutput(command) {
  return `[Console] ran: ${command.command}`;
}

function complete(command) {
  return { status: 'completed', output: consoleOutput(command), durationMs: 3 };
}

export class Plugin {
  /** Every command that came, with `at`, the time of its arrival in ms. */
  received = new History();
  /** What happened to the connection: `reconnecting`, `reconnected`, `closed`, each with its error. */
  life = new History();
  #playing = null;

  /**
   * A plugin for a connection token. `retryEvery` lets it reconnect for ever; without it a lost
   * connection stays lost.
   */
  constructor(hubUrl, token, { skipNegotiation = false, retryEvery, journal = new Journal() } = {}) {
    this.journal = journal;
    const options = { accessTokenFactory: () => token };
    if (skipNegotiation) Object.assign(options, { skipNegotiation, transport: HttpTransportType.WebSockets });
    let builder = new HubConnectionBuilder().withUrl(hubUrl, options).configureLogging(LogLevel.None);
    if (retryEvery) builder = builder.withAutomaticReconnect({ nextRetryDelayInMilliseconds: () => retryEvery });
    this.connection = builder.build();
    this.connection.on('ExecuteCommands', ({ commands }) => {
      const at = performance.now();
      for (const command of commands) this.received.add({ ...command, at });
      if (this.#playing) this.#execute(commands);
    });
    this.connection.onreconnecting((error) => this.life.add({ what: 'reconnecting', error }));
    this.connection.onreconnected(() => this.life.add({ what: 'reconnected' }));
    this.connection.onclose((error) => this.life.add({ what: 'closed', error }));
  }

  /** A plugin of a demo's server that is connected. */
  static async connect(demo, serverName, options) {
    const plugin = new Plugin(demo.hubUrl, demo.server(serverName).token, options);
    await plugin.start();
    return plugin;
  }

  async start() {
    await this.connection.start();
  }

  async stop() {
    await this.connection.stop();
  }

  invoke(method, ...args) {
    return this.connection.invoke(method, ...args);
  }

  hello(more = {}) {
    return this.invoke('Hello', {
      protocol: 1,
      plugin: { name: 'tradepost-e2e', version: '1.0.0' },
      platform: { name: 'Paper', version: '1.21.4' },
      onlineMode: true,
      capabilities: [],
      players: [],
      ...more,
    });
  }

  ack(...commands) {
    return this.invoke('AckCommands', { ids: commands.map((command) => command.id) });
  }

  report(command, result) {
    return this.invoke('ReportResults', { results: [{ id: command.id, attempt: command.attempt, ...result }] });
  }

  /** From now on runs whatever comes, as a real plugin does: acknowledge, run once, report. */
  play(run = complete) {
    this.#playing = run;
  }

  async #execute(commands) {
    try {
      await this.ack(...commands);
      const results = commands.map((command) => (
        { id: command.id, attempt: command.attempt, ...this.journal.once(command, this.#playing) }
      ));
      await this.invoke('ReportResults', { results });
    } catch {
      // The connection went away: the same commands come again on the next one.
    }
  }

  /** The first `count` commands of an order, as soon as they are here. */
  async commandsOf(orderId, count = 1, within = 10_000) {
    return this.received.first(count, `${count} command(s) of order ${orderId}`, (it) => it.orderId === orderId, within);
  }

  /** The first command with some text, as soon as it is here. */
  async command(text, within = 10_000) {
    const [found] = await this.received.first(1, `the command "${text}"`, (it) => it.command === text, within);
    return found;
  }

  /** Whether and why the connection ended for good. */
  async closed(within = 10_000) {
    const [end] = await this.life.first(1, 'the end of the connection', (it) => it.what === 'closed', within);
    return end.error;
  }
}
