// The way between an agent and a game's RCON, which a test can cut.

import { createConnection, createServer } from 'node:net';

export class Wire {
  #sockets = new Set();
  #server;
  /** The port that it leads to; it may change. */
  to;
  /** Whether the game's answers get lost. */
  losesAnswers = false;

  static async lay(to) {
    const wire = new Wire();
    wire.to = to;
    wire.#server = createServer((near) => wire.#connect(near));
    await new Promise((resolve) => { wire.#server.listen(0, '127.0.0.1', resolve); });
    wire.port = wire.#server.address().port;
    return wire;
  }

  #connect(near) {
    const far = createConnection(this.to, '127.0.0.1');
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => { if (!this.losesAnswers) near.write(bytes); });
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.#sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => {}); // "close" follows
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }

  async cut() {
    this.#sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => { this.#server.close(resolve); });
  }
}
