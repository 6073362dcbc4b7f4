// A real browser, in the two sizes that matter, which writes down whatever goes wrong in a page.

import axe from 'axe-core';
import { chromium } from 'playwright-core';

export const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/** A visitor with cookies of their own, on a page. */
export class Visitor {
  /** What went wrong: script errors, refused content, requests to other hosts. */
  troubles = [];

  static async arrive(browser, { screen = SCREENS.desktop, ...more } = {}) {
    const visitor = new Visitor();
    visitor.context = await browser.newContext({ ...screen, locale: 'en-GB', timezoneId: 'UTC', ...more });
    visitor.context.setDefaultTimeout(10_000);
    visitor.page = await visitor.openTab();
    return visitor;
  }

  async openTab() {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.troubles.push(`script: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.troubles.push(`console: ${message.text()}`);
      }
    });
    page.on('request', (request) => {
      const to = new URL(request.url());
      const at = new URL(page.url() === 'about:blank' ? request.url() : page.url());
      if (to.protocol.startsWith('http') && to.host !== at.host && !request.isNavigationRequest()) {
        this.troubles.push(`another host: ${request.url()}`);
      }
    });
    return page;
  }

  async leave() {
    await this.context.close();
  }
}

/** What axe-core finds wrong with a page. */
export async function violations(page) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    // Over the debugger, which the page's own policy does not concern.
    await page.evaluate(axe.source);
  }
  return page.evaluate(async () => {
    const found = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return found.violations.map(({ id, help, nodes }) => (
      `${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} (${node.any.concat(node.all, node.none).map((it) => it.message).join('; ').slice(0, 200)})`).join(' | ')}`
    ));
  });
}
