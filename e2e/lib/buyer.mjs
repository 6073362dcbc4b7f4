// A buyer without a browser: plain HTTP requests with cookies and forms, on one kept connection.

import { Agent, request } from 'node:http';

export class Buyer {
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #cookies = new Map();

  /** Sends a request. Gives status, headers and body. */
  send(method, url, form) {
    const body = form && new URLSearchParams(form).toString();
    const headers = {
      Cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      ...(body && {
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': Buffer.byteLength(body),
        Origin: new URL(url).origin,
      }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, agent: this.#agent }, (response) => {
        for (const cookie of response.headers['set-cookie'] ?? []) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
          this.#cookies.set(name, value);
        }
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => { text += part; });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Opens a page and gives the anti-forgery value of its forms. */
  async open(url) {
    const { status, text } = await this.send('GET', url);
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1];
    if (status !== 200 || !csrf) throw new Error(`no form at ${url}: ${status}`);
    return csrf;
  }

  /** Sends a form and gives the address that it leads to. */
  async submit(url, form) {
    const { status, headers } = await this.send('POST', url, form);
    if (status !== 303) throw new Error(`${url} answered ${status}`);
    return new URL(headers.location, url).href;
  }

  leave() {
    this.#agent.destroy();
  }
}
