// A wire that can be cut: every connection to it is one to the server.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Relay {
  #server;
  #sockets = new Set();
  #up = true;

  static async to(url) {
    const relay = new Relay();
    const { hostname, port } = new URL(url);
    relay.#server = createServer((near) => {
      if (!relay.#up) {
        near.resetAndDestroy();
        return;
      }
      const far = connect(port, hostname);
      for (const [socket, other] of [[near, far], [far, near]]) {
        relay.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => {});
        socket.on('close', () => {
          relay.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    }).listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    relay.url = `http://127.0.0.1:${relay.#server.address().port}`;
    return relay;
  }

  /** Cuts what is open. `down` refuses what comes, until `restore`. */
  cut({ down = false } = {}) {
    this.#up = !down;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  restore() {
    this.#up = true;
  }

  async stop() {
    this.cut({ down: true });
    this.#server.close();
  }
}
