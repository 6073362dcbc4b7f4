// A shop that sells what the game has, through its front doors: the owner's dashboard, the buyer's
// checkout, and the Test gateway.

import assert from 'node:assert/strict';
import { Buyer } from '../lib/buyer.mjs';
import { Demo } from '../lib/demo.mjs';
import { until } from '../lib/until.mjs';

const WEBSITE = 'http://localhost/';

export class Shop {
  static async open() {
    const shop = new Shop();
    shop.demo = await Demo.start();
    shop.server = shop.demo.server('Survival');
    return shop;
  }

  /** Puts a package on sale, as its owner does in the dashboard. Commands are `{type, execute, template}`. */
  async sell(name, commands) {
    const { dashboardUrl, owner } = this.demo;
    const visitor = new Buyer();
    const login = `${dashboardUrl}/login`;
    await visitor.submit(login, { csrf: await visitor.open(login), email: owner.email, password: owner.password, next: '' });
    const editor = `${dashboardUrl}/demo/packages/new`;
    const form = { csrf: await visitor.open(editor), action: 'save', name, price: '1.00', active: '1', commands: commands.length };
    commands.forEach((command, at) => {
      const fields = { target: this.server.id, delay: '0', slots: '0', per: 'unit', ...command };
      for (const [field, value] of Object.entries(fields)) form[`command-${at}-${field}`] = value;
    });
    const saved = await visitor.submit(editor, form);
    visitor.leave();
    this.demo.packages.push({ name, id: new URL(saved).pathname.split('/').at(-1) });
  }

  /** Buys one, from the checkout to the approved payment. Gives the order. */
  async buy(packageName, username) {
    const session = await this.demo.checkout(packageName, username, { successUrl: WEBSITE, cancelUrl: WEBSITE });
    const buyer = new Buyer();
    const gateway = await buyer.submit(session.url, { csrf: await buyer.open(session.url), email: '', method: 'test' });
    await buyer.submit(gateway, { csrf: await buyer.open(gateway), decision: 'approve' });
    buyer.leave();
    const { orderId } = await this.demo.findCheckout(session.id);
    return this.demo.findOrder(orderId);
  }

  /** Gives the money back, as the owner may. */
  async refund(order) {
    const { token } = (await this.#post('/account/login', this.demo.owner)).data;
    const answer = await this.#post(`/stores/${this.demo.storeId}/orders/${order.id}/refund`, {}, token);
    assert.equal(answer.success, true, answer.message);
  }

  async #post(where, body, token) {
    const response = await fetch(`${this.demo.url}/api${where}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    return response.json();
  }

  /** Waits until an order's commands of one kind have some status, and gives them. */
  async shows(order, status, { type = 'initial', within } = {}) {
    let commands;
    await until(`order ${order.number} shows ${status}`, async () => {
      commands = (await this.demo.findOrder(order.id)).commands.filter((it) => it.type === type);
      return commands.length > 0 && commands.every((it) => it.status === status);
    }, { within });
    return commands;
  }

  async close() {
    await this.demo?.stop();
  }
}
