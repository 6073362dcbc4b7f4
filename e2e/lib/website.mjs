// Somebody else's website: where checkouts made over the API return to.

import { createServer } from 'node:http';
import { History } from './until.mjs';

export class Website {
  visits = new History();

  static async open() {
    const site = new Website();
    site.server = createServer((request, response) => {
      if (request.url !== '/favicon.ico') site.visits.add(request.url);
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end('<!doctype html><title>My website</title><h1>My website</h1>');
    });
    await new Promise((resolve) => site.server.listen(0, 'localhost', resolve));
    site.origin = `http://localhost:${site.server.address().port}`;
    return site;
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
