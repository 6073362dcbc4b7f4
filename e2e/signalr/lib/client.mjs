// The official client as it is, and a record of all that happens to it.

import { HttpTransportType, HubConnectionBuilder, HubConnectionState, JsonHubProtocol, LogLevel } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import { History } from '../../lib/until.mjs';
import { hasMessagePack } from './hub.mjs';

const { WebSockets, ServerSentEvents, LongPolling } = HttpTransportType;
const json = () => new JsonHubProtocol();
const messagePack = () => new MessagePackHubProtocol();

/** Every way to a hub, and what the client offers for it. `automatic` leaves the transport to the client. */
export const WAYS = [
  { name: 'JSON over WebSockets', hubPath: '/plugin-hub', transport: WebSockets, protocol: json },
  { name: 'JSON over WebSockets without negotiation', hubPath: '/plugin-hub', transport: WebSockets, protocol: json, skipNegotiation: true },
  { name: 'JSON over server-sent events', hubPath: '/plugin-hub', transport: ServerSentEvents, protocol: json },
  { name: 'JSON over long polling', hubPath: '/plugin-hub', transport: LongPolling, protocol: json },
  { name: 'JSON over server-sent events, hub without WebSockets', hubPath: '/nows', transport: ServerSentEvents, protocol: json },
  { name: 'JSON over long polling, hub without WebSockets', hubPath: '/nows', transport: LongPolling, protocol: json },
  ...(hasMessagePack ? [
    { name: 'MessagePack over WebSockets', hubPath: '/plugin-hub', transport: WebSockets, protocol: messagePack },
    { name: 'MessagePack over long polling', hubPath: '/plugin-hub', transport: LongPolling, protocol: messagePack },
    { name: 'MessagePack over long polling, hub without WebSockets', hubPath: '/nows', transport: LongPolling, protocol: messagePack },
  ] : []),
];

/** The way with a name. */
export function way(name) {
  const found = WAYS.find((it) => it.name === name);
  if (!found) throw new Error(`no way "${name}"`);
  return found;
}

export class Client {
  /** The arguments of every event that came, as `{ event, args }`. */
  received = new History();
  /** `reconnecting`, `reconnected` and `closed`, each with its error or connection id. */
  life = new History();
  /** What the client logged. */
  log = [];

  constructor(url, { transport, protocol = json, skipNegotiation, retryEvery, ...options } = {}) {
    let builder = new HubConnectionBuilder()
      .withUrl(url, { transport, skipNegotiation, ...options })
      .withHubProtocol(protocol())
      .configureLogging({ log: (level, text) => { if (level >= LogLevel.Trace) this.log.push(text); } });
    if (retryEvery) builder = builder.withAutomaticReconnect({ nextRetryDelayInMilliseconds: () => retryEvery });
    this.connection = builder.build();
    for (const event of ['ReceiveMessage', 'ExecuteCommand']) {
      this.connection.on(event, (...args) => this.received.add({ event, args }));
    }
    this.connection.onreconnecting((error) => this.life.add({ what: 'reconnecting', error }));
    this.connection.onreconnected((id) => this.life.add({ what: 'reconnected', id }));
    this.connection.onclose((error) => this.life.add({ what: 'closed', error }));
  }

  /** A client that is connected to a hub of `server`, the way `how` says. */
  static async connect(server, how, more = {}) {
    const { name: _, hubPath = '/plugin-hub', ...options } = how;
    const client = new Client(`${server.url}${hubPath}`, { ...options, ...more });
    await client.start();
    return client;
  }

  async start() {
    await this.connection.start();
  }

  async stop() {
    await this.connection.stop();
  }

  get state() {
    return this.connection.state;
  }

  get isConnected() {
    return this.state === HubConnectionState.Connected;
  }

  /** The transports that were tried, in order: the client says so in its log. */
  get transports() {
    return this.log.map((it) => /^Selecting transport '(\w+)'/.exec(it)?.[1]).filter(Boolean);
  }

  invoke(method, ...args) {
    return this.connection.invoke(method, ...args);
  }

  /** The text with which a call fails. */
  async failure(method, ...args) {
    try {
      const result = await this.invoke(method, ...args);
      throw new Error(`${method} did not fail, but gave ${result}`);
    } catch (error) {
      return error.message;
    }
  }

  /** How many events of a name came. */
  count(event) {
    return this.received.all((it) => it.event === event).length;
  }

  /** The first `count` events of a name. */
  async events(event, count, within = 20_000) {
    return (await this.received.first(count, `${count} ${event}`, (it) => it.event === event, within)).map((it) => it.args);
  }

  /** Waits for a change of the connection's life. */
  async happened(what, count = 1, within = 15_000) {
    return (await this.life.first(count, what, (it) => it.what === what, within))[count - 1];
  }
}
