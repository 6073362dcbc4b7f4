// A client for RCON: one command at a time.

import { once } from 'node:events';
import { createConnection } from 'node:net';

const LOGIN = 3;
const COMMAND = 2;
/** What is answered with another id was refused. */
const ID = 1;

export class Rcon {
  #socket;
  #received = Buffer.alloc(0);

  static async connect(game) {
    const rcon = new Rcon();
    rcon.#socket = createConnection(game.rconPort, '127.0.0.1');
    await once(rcon.#socket, 'connect');
    return rcon;
  }

  /** Whether the password was right. */
  async logIn(password) {
    return (await this.#ask(LOGIN, password)).id === ID;
  }

  /** Runs a command and gives its answer, which is shorter than 4096 bytes. None if not logged in. */
  async run(command) {
    const { id, text } = await this.#ask(COMMAND, command);
    return id === ID ? text : undefined;
  }

  async #ask(type, text) {
    const body = Buffer.from(`${text}\0\0`);
    const head = Buffer.alloc(12);
    head.writeInt32LE(8 + body.length, 0);
    head.writeInt32LE(ID, 4);
    head.writeInt32LE(type, 8);
    this.#socket.write(Buffer.concat([head, body]));
    for (;;) {
      const length = this.#received.length < 4 ? Infinity : 4 + this.#received.readInt32LE(0);
      if (this.#received.length >= length) {
        const packet = this.#received.subarray(0, length);
        this.#received = this.#received.subarray(length);
        return { id: packet.readInt32LE(4), text: packet.toString('utf8', 12, length - 2) };
      }
      const [part] = await once(this.#socket, 'data');
      this.#received = Buffer.concat([this.#received, part]);
    }
  }

  close() {
    this.#socket.destroy();
  }
}
