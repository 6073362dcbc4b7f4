// A buyer, who sees only what people see: names of buttons, links and fields.

import assert from 'node:assert/strict';

/** A pattern that an accessible name starts with. */
export const starting = (text) => new RegExp(`^(Sold out |Sale )?${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);

export class Shopper {
  constructor(page, demo, username) {
    Object.assign(this, { page, demo, username });
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  heading(name) {
    return this.page.getByRole('heading', { level: 1, name });
  }

  /** From the first page through the category to the package, as one would click. */
  async openPackage(name, category) {
    await this.page.goto(this.demo.storeUrl);
    await this.page.getByRole('main').getByRole('link', { name: starting(category) }).first().click();
    await this.page.getByRole('main').getByRole('link', { name: starting(name) }).first().click();
    await this.heading(name).waitFor();
  }

  async openVip() {
    await this.openPackage('VIP', 'Ranks');
  }

  /** Says who it is for. */
  async identify(username = this.username) {
    await this.page.getByRole('textbox', { name: 'Username' }).fill(username);
    await this.button('Continue').click();
  }

  /** Tells the shop who this is, before anything is bought. */
  async signIn() {
    await this.page.goto(`${this.demo.storeUrl}/player`);
    await this.identify();
    await this.page.getByRole('link', { name: 'not you?' }).waitFor();
  }

  /** From a package to the open checkout. */
  async buyNow() {
    await this.button('Buy now').click();
    await this.page.waitForURL(/\/(player|checkout)/);
    if (this.page.url().includes('/player')) await this.identify();
    await this.page.waitForURL(/\/checkout\//);
  }

  /** From the first page to the open checkout of one VIP. */
  async checkOutVip() {
    await this.openVip();
    await this.buyNow();
  }

  /** From the open checkout to the gateway. */
  async pay() {
    await this.button(/^Pay/).click();
    await this.button('Approve payment').waitFor();
  }

  async approve() {
    await this.button('Approve payment').click();
  }

  /** From the first page to the receipt of one VIP. */
  async buyVip() {
    await this.checkOutVip();
    await this.pay();
    await this.approve();
    await this.seesReceipt();
  }

  async seesReceipt() {
    await this.heading(`Thank you, ${this.username}`).waitFor();
    assert.match(new URL(this.page.url()).pathname, /^\/receipt\/cs_/);
  }

  /** The timeline of the receipt. */
  get delivery() {
    return this.page.getByRole('list', { name: 'Delivery' });
  }

  /** Waits until the receipt's timeline shows some text. */
  async seesDelivery(text, within) {
    await this.delivery.filter({ hasText: text }).waitFor({ timeout: within });
  }

  /** The checkout session that this page belongs to. */
  get session() {
    return /cs_[A-Za-z0-9]{24}/.exec(this.page.url())[0];
  }

  /** Leaves a mark that only a reload removes. */
  async markPage() {
    await this.page.evaluate(() => { globalThis.neverReloaded = true; });
  }

  async seesMark() {
    assert.equal(await this.page.evaluate(() => globalThis.neverReloaded), true, 'the page was not reloaded');
  }
}
