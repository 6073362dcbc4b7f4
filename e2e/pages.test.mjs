// Every page, in every size and colour: accessible, quiet, light, and inside its frame.
//
// SHOTS=folder keeps a picture of each.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SCREENS, Visitor, launchBrowser, violations } from './lib/browser.mjs';
import { Demo } from './lib/demo.mjs';
import { Manager } from './lib/manager.mjs';
import { Plugin } from './lib/plugin.mjs';
import { Shopper } from './lib/shopper.mjs';
import { Traffic } from './lib/traffic.mjs';
import { Website } from './lib/website.mjs';

const MOST_BYTES = 60_000;
const shots = process.env.SHOTS;

let demo;
let browser;
let login;
let website;
/** Things that pages are about, made before anybody looks. */
const stage = {};
/** Every address that some page leads to. */
const links = new Set();

/** Pays a session and gives the address of its receipt. */
async function receiptOf(packageName, username, quantity = 1) {
  const visitor = await Visitor.arrive(browser);
  const session = await openSession(packageName, username, quantity);
  const shopper = new Shopper(visitor.page, demo, username);
  await visitor.page.goto(session.url);
  await shopper.pay();
  const gateway = visitor.page.url();
  await shopper.approve();
  await shopper.heading('My website').waitFor();
  await visitor.page.goto(session.url);
  await visitor.page.getByRole('link', { name: 'Show the receipt' }).click();
  await shopper.seesReceipt();
  const receipt = visitor.page.url();
  await visitor.leave();
  return { receipt, gateway, checkout: session.url };
}

function openSession(packageName, username, quantity = 1) {
  const items = [{ packageId: demo.package(packageName).id, quantity }];
  return demo.checkout(packageName, username, { items, successUrl: website.origin, cancelUrl: website.origin });
}

before(async () => {
  [demo, browser, website] = await Promise.all([Demo.start(), launchBrowser(), Website.open()]);
  const visitor = await Visitor.arrive(browser);
  await new Manager(visitor.page, demo).logIn();
  login = (await visitor.context.storageState()).cookies;
  await visitor.leave();

  const survival = await Plugin.connect(demo, 'Survival');
  await survival.hello();
  // Gone before anybody looks at what became of it.
  for (let i = 0; i < 50; i += 1) await demo.order("Founder's Relic", `Founder_${i}`);
  survival.play((command) => (
    command.requireOnline ? { status: 'awaitingPlayer' }
      : command.player.username === 'Unlucky' ? { status: 'interrupted' }
        : { status: 'completed', output: `[LuckPerms] ${command.command}: done.` }
  ));
  stage.done = await receiptOf('VIP', 'Steve');
  stage.awaiting = await receiptOf('Builder Kit', 'Away_Player');
  stage.failed = await receiptOf('MVP', 'Unlucky');
  const settled = async (receipt, words) => {
    const onlooker = await Visitor.arrive(browser);
    await onlooker.page.goto(receipt);
    await onlooker.page.getByText(words).first().waitFor();
    await onlooker.leave();
  };
  await settled(stage.done.receipt, 'All done');
  for (const [name, player, button] of [
    ['refunded', 'Refunded', 'Refund payment'],
    ['disputed', 'Disputer', 'Open a dispute'],
  ]) {
    stage[name] = await receiptOf('VIP', player);
    const bank = await Visitor.arrive(browser);
    await bank.page.goto(stage[name].gateway);
    await bank.page.getByRole('button', { name: button }).click();
    await bank.page.getByRole('heading', { name: /refunded$|disputed$/ }).waitFor();
    await bank.leave();
  }
  await settled(stage.awaiting.receipt, 'Waiting for you');
  await survival.stop();
  stage.queued = await receiptOf('1,000 Coins', 'A23456789012345x', 7);

  const order = await survival.received.first(1, 'VIP', (it) => it.player.username === 'Steve');
  stage.order = `${demo.dashboardUrl}/demo/orders/${order[0].orderId}`;
  const unlucky = await survival.received.first(1, 'MVP', (it) => it.player.username === 'Unlucky');
  stage.failedOrder = `${demo.dashboardUrl}/demo/orders/${unlucky[0].orderId}`;
  for (const name of ['Refunded', 'Disputer']) {
    const [command] = await survival.received.first(1, name, (it) => it.player.username === name);
    stage[`orderOf${name}`] = `${demo.dashboardUrl}/demo/orders/${command.orderId}`;
  }
  // A command that is put off, for the calendar.
  const owner = await Visitor.arrive(browser);
  await owner.context.addCookies(login);
  await owner.page.goto(`${stage.order}/commands/new`);
  await owner.page.getByLabel('Command, without the slash').fill('say later {player}');
  await owner.page.getByLabel('Delay in seconds').fill('86400');
  await owner.page.getByRole('button', { name: 'Add command' }).click();
  await owner.page.getByText('The command is queued.').waitFor();
  stage.editCommand = await owner.page.getByRole('link', { name: 'Edit' }).getAttribute('href');
  await owner.leave();
  const server = (name) => `${demo.dashboardUrl}/demo/servers/${demo.server(name).id}`;
  Object.assign(stage, { online: server('Hub'), offline: server('Survival') });
});
after(async () => {
  await browser?.close();
  await website?.close();
  await demo?.stop();
});

/** The pages: a name, and the way there. A way is an address or something to do. */
function pages() {
  const shop = demo.storeUrl;
  const dashboard = `${demo.dashboardUrl}/demo`;
  const button = (page, name) => page.getByRole('button', { name });
  const addVip = async ({ page }) => {
    await page.goto(`${shop}/package/vip`);
    await button(page, 'Add to basket').click();
    await page.waitForURL(/\/basket/);
  };
  const openCheckout = (name, player) => async ({ page }) => {
    await page.goto((await openSession(name, player)).url);
  };
  const openGateway = async ({ page }) => {
    await openCheckout('VIP', 'Steve')({ page });
    await button(page, /^Pay/).click();
    await button(page, 'Approve payment').waitFor();
  };
  return {
    'shop home': shop,
    'shop category': `${shop}/category/ranks`,
    'shop category by price': `${shop}/category/coins-and-kits?sort=price`,
    'shop package': `${shop}/package/vip`,
    'shop package waiting for the player': `${shop}/package/builder-kit`,
    'shop package free': `${shop}/package/welcome-gift`,
    'shop package sold out': `${shop}/package/founder-s-relic`,
    'shop category on sale': `${shop}/category/extras`,
    'shop package with tiers': `${shop}/package/coin-pouch`,
    'shop package subscription': `${shop}/package/vip-club`,
    'shop package on sale for a time': `${shop}/package/weekend-wings`,
    'shop package that asks': `${shop}/package/custom-title`,
    'shop package that asks refused': async ({ page }) => {
      await page.goto(`${shop}/package/custom-title`);
      await page.locator('form.buy').evaluate((form) => { form.noValidate = true; });
      await page.getByRole('textbox', { name: 'Your title' }).fill('a;b');
      await button(page, 'Add to basket').click();
      await page.getByRole('alert').waitFor();
    },
    'shop package at your own price': `${shop}/package/donation`,
    'shop basket empty': `${shop}/basket`,
    'shop player': `${shop}/player`,
    'shop player refused': async ({ page }) => {
      await page.goto(`${shop}/player`);
      await page.getByRole('textbox', { name: 'Username' }).fill('not a name');
      await button(page, 'Continue').click();
      await page.getByRole('alert').waitFor();
    },
    'shop basket added': addVip,
    'shop basket': async (visitor) => {
      await visitor.page.goto(`${shop}/package/1-000-coins`);
      await button(visitor.page, 'Add to basket').click();
      await visitor.page.waitForURL(/\/basket/);
      await visitor.page.goto(`${shop}/basket`);
    },
    'shop basket refused': async ({ page }) => {
      await page.goto(`${shop}/basket`);
      await page.locator('form.line-quantity').first().evaluate((form) => { form.noValidate = true; });
      await page.getByRole('spinbutton', { name: /^Quantity of/ }).first().fill('1000');
      await button(page, /^Update/).first().click();
      await page.getByText(/from 1 to 100/).first().waitFor();
    },
    'shop home with a player': async ({ page }) => {
      await page.goto(`${shop}/player`);
      await page.getByRole('textbox', { name: 'Username' }).fill('Steve');
      await button(page, 'Continue').click();
      await page.getByRole('link', { name: 'not you?' }).waitFor();
    },
    'shop nowhere': { go: `${shop}/nowhere`, status: 404 },
    'checkout open': openCheckout('VIP', 'Steve'),
    'checkout free': openCheckout('Welcome Gift', 'Steve'),
    'checkout refused': async (visitor) => {
      await openCheckout('VIP', 'Steve')(visitor);
      await visitor.page.locator('form[action^="/checkout"]').evaluate((form) => { form.noValidate = true; });
      await visitor.page.getByRole('textbox', { name: 'E-mail' }).fill('steve@');
      await button(visitor.page, /^Pay/).click();
      await visitor.page.getByRole('alert').waitFor();
    },
    'checkout with codes': async ({ page }) => {
      await page.goto((await openSession('VIP', 'Steve')).url);
      await page.getByText('Add a code').click();
      await page.getByLabel('Coupon code').fill('WELCOME10');
      await page.getByLabel('Gift card code').fill(demo.giftCard.code);
      await button(page, 'Apply gift card code').click();
      await page.getByText('Your code is applied.').waitFor();
    },
    'checkout code refused': async ({ page }) => {
      await page.goto((await openSession('VIP', 'Steve')).url);
      await page.getByText('Add a code').click();
      await page.getByLabel('Coupon code').fill('NOBODY');
      await button(page, 'Apply coupon code').click();
      await page.getByRole('alert').waitFor();
    },
    'checkout gateway': openGateway,
    'checkout declined': async (visitor) => {
      await openGateway(visitor);
      await button(visitor.page, 'Decline payment').click();
      await visitor.page.getByText(/declined/).first().waitFor();
    },
    'checkout gateway decided': () => stage.done.gateway,
    'checkout gateway disputed': () => stage.disputed.gateway,
    'checkout gateway refunded': () => stage.refunded.gateway,
    'checkout paid already': () => stage.done.checkout,
    'checkout cancelled': {
      go: async ({ context }) => {
        const session = await openSession('VIP', 'Steve');
        await context.request.get(`${session.url}/cancel`);
        return session.url;
      },
      status: 410,
    },
    'checkout unknown': { go: `${demo.url}/checkout/cs_${'a'.repeat(24)}`, status: 404 },
    'receipt done': () => stage.done.receipt,
    'receipt awaiting the player': () => stage.awaiting.receipt,
    'receipt held up': () => stage.failed.receipt,
    'receipt queued': () => stage.queued.receipt,
    'receipt refunded': () => stage.refunded.receipt,
    'receipt disputed': () => stage.disputed.receipt,
    'dashboard login': { go: `${dashboard}/orders`, stranger: true },
    'dashboard home': dashboard,
    'dashboard home of 90 days': `${dashboard}?days=90`,
    'dashboard packages': `${dashboard}/packages`,
    'dashboard packages not found': `${dashboard}/packages?q=zzz`,
    'dashboard new package': `${dashboard}/packages/new`,
    'dashboard package refused': async ({ page }) => {
      await page.goto(`${dashboard}/packages/new`);
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Nameless');
      await page.getByLabel('Price in EUR').fill('much');
      await button(page, 'Create package').click();
      await page.getByRole('alert').first().waitFor();
    },
    'dashboard package': () => `${dashboard}/packages/${demo.package('Builder Kit').id}`,
    'dashboard package dry run': async ({ page }) => {
      await page.goto(`${dashboard}/packages/${demo.package('VIP').id}`);
      await button(page, 'Show the final text').click();
      await page.getByText('lp user Steve parent add vip').waitFor();
    },
    'dashboard package with more': () => `${dashboard}/packages/${demo.package('Custom Title').id}`,
    'dashboard keys': `${dashboard}/keys`,
    'dashboard key made': async ({ page }) => {
      await page.goto(`${dashboard}/keys/new`);
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Bot');
      await page.getByLabel('View everything').check();
      await button(page, 'Create API key').click();
      await page.getByRole('region', { name: 'Your key' }).waitFor();
    },
    'dashboard key refused': async ({ page }) => {
      await page.goto(`${dashboard}/keys/new`);
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Bot');
      await button(page, 'Create API key').click();
      await page.getByRole('alert').first().waitFor();
    },
    'dashboard origin refused': async ({ page }) => {
      await page.goto(`${dashboard}/keys`);
      await page.getByRole('textbox', { name: 'Origin' }).fill('thanks.example');
      await button(page, 'Add origin').click();
      await page.getByRole('alert').first().waitFor();
    },
    'dashboard gift cards': `${dashboard}/gift-cards`,
    'dashboard gift cards of no status': `${dashboard}/gift-cards?status=void`,
    'dashboard gift card refused': async ({ page }) => {
      await page.goto(`${dashboard}/gift-cards/new`);
      await page.getByLabel('Amount in EUR').fill('0');
      await page.getByRole('radio', { name: 'Some categories' }).check();
      await button(page, 'Make gift card').click();
      await page.getByRole('alert').first().waitFor();
    },
    'dashboard gift card': async ({ page }) => {
      await page.goto(`${dashboard}/gift-cards/new`);
      await page.getByLabel('Amount in EUR').fill('25');
      await page.getByRole('textbox', { name: 'Recipient' }).fill('Alex');
      await button(page, 'Make gift card').click();
      await button(page, 'Show code').click();
      await button(page, 'Copy the code').waitFor();
    },
    'dashboard orders': `${dashboard}/orders`,
    'dashboard orders older': async ({ page }) => {
      await page.goto(`${dashboard}/orders`);
      await page.getByRole('link', { name: 'Older' }).click();
      await page.getByRole('link', { name: 'Newer' }).waitFor();
    },
    'dashboard orders of nobody': `${dashboard}/orders?player=nobody`,
    'dashboard order': () => stage.order,
    'dashboard order that failed': () => stage.failedOrder,
    'dashboard order refunded': () => stage.orderOfRefunded,
    'dashboard order disputed': () => stage.orderOfDisputer,
    'dashboard refund': () => `${stage.order}/refund`,
    'dashboard refund too late': { go: () => `${stage.orderOfRefunded}/refund`, status: 409 },
    'dashboard add a command': () => `${stage.order}/commands/new`,
    'dashboard add a command refused': async ({ page }) => {
      await page.goto(`${stage.order}/commands/new`);
      await page.getByLabel('Command, without the slash').fill('say {plyer}');
      await button(page, 'Add command').click();
      await page.getByRole('alert').first().waitFor();
    },
    'dashboard edit a command': () => `${demo.url}${stage.editCommand}`,
    'dashboard queue': `${dashboard}/queue`,
    'dashboard queue of nothing': `${dashboard}/queue?status=sent`,
    'dashboard resend many': `${dashboard}/redeliveries/new`,
    'dashboard resend many preview': async ({ page }) => {
      await page.goto(`${dashboard}/redeliveries/new`);
      await page.getByLabel('Done', { exact: true }).check();
      await button(page, 'Preview').click();
      await page.getByRole('heading', { name: /^\d+ commands? for/ }).waitFor();
    },
    'dashboard resend many refused': async ({ page }) => {
      await page.goto(`${dashboard}/redeliveries/new`);
      await page.getByLabel('Failed', { exact: true }).uncheck();
      await button(page, 'Preview').click();
      await page.getByText('Choose at least one.').first().waitFor();
    },
    'dashboard wipe': () => `${stage.offline}/wipe`,
    'dashboard wipe not confirmed': async ({ page }) => {
      await page.goto(`${stage.offline}/wipe`);
      await button(page, 'Preview').click();
      await button(page, /^Give .* again$/).click();
      await page.getByText('Nothing was started.').waitFor();
    },
    'dashboard redelivery': async ({ page }) => {
      if (stage.redelivery) return stage.redelivery;
      await page.goto(`${dashboard}/redeliveries/new`);
      await button(page, 'Preview').click();
      await button(page, /^Send .* again$/).click();
      await page.getByRole('region', { name: 'Progress' }).waitFor();
      stage.redelivery = page.url();
      return stage.redelivery;
    },
    'dashboard calendar': `${dashboard}/calendar`,
    'dashboard calendar later': `${dashboard}/calendar?from=2100-01-01`,
    'dashboard global commands': `${dashboard}/global-commands`,
    'dashboard global commands refused': async ({ page }) => {
      await page.goto(`${dashboard}/global-commands`);
      await button(page, 'Add a command').click();
      await page.getByLabel('Command, without the slash').fill('say {plyer}');
      await button(page, 'Save').click();
      await page.getByRole('alert').first().waitFor();
    },
    'dashboard more': async ({ page }) => {
      await page.goto(dashboard);
      const more = page.locator('summary').filter({ hasText: 'More' });
      if (await more.isVisible()) await more.click();
    },
    'dashboard servers': `${dashboard}/servers`,
    'dashboard server online': () => stage.online,
    'dashboard server offline': () => stage.offline,
    'dashboard new server': `${dashboard}/servers/new`,
    'dashboard server with its token': async ({ page }) => {
      await page.goto(`${dashboard}/servers/new`);
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Skyblock');
      await button(page, 'Create server').click();
      await page.getByText(/shown this once/).waitFor();
    },
    'dashboard token not confirmed': async ({ page }) => {
      await page.goto(stage.offline);
      await page.getByLabel(/to confirm$/).fill('wrong');
      await button(page, 'Make a new token').click();
      await page.getByText('The token was not changed.').waitFor();
    },
    'dashboard nowhere': { go: `${dashboard}/nowhere`, status: 404 },
    'dashboard menu': async ({ page }) => {
      await page.goto(dashboard);
      await page.locator('summary').filter({ hasText: 'your account' }).click();
      await button(page, 'Log out').waitFor();
    },
  };
}

/** What a browser notes by itself about a page that is an answer to something wrong. */
const ofStatus = (trouble) => /^console: Failed to load resource: the server responded with a status of 4\d\d/.test(trouble);

/** Parts of a page that stick out to the right. */
function sticksOut(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= width) return [];
    const wide = [...document.querySelectorAll('body *')].filter((it) => it.getBoundingClientRect().right > width + 1);
    return [`${document.scrollingElement.scrollWidth} > ${width}`, ...wide.slice(0, 4).map((it) => it.outerHTML.slice(0, 120))];
  });
}

describe('every page', () => {
  for (const [size, screen] of Object.entries(SCREENS)) {
    for (const theme of ['light', 'dark']) {
      test(`is as it should be, ${theme}, on a ${size}`, { timeout: 600_000 }, async (t) => {
        if (shots) mkdirSync(shots, { recursive: true });
        const cookies = [{ name: 'tp_theme', value: theme, url: demo.url }];
        const options = { screen, colorScheme: theme };
        const shopper = await Visitor.arrive(browser, options);
        const owner = await Visitor.arrive(browser, options);
        await shopper.context.addCookies(cookies);
        await owner.context.addCookies([...login, ...cookies]);
        const traffic = { shopper: await Traffic.of(shopper.page), owner: await Traffic.of(owner.page) };
        let heaviest = { bytes: 0 };
        for (const [name, way] of Object.entries(pages())) {
          await t.test(name, async () => {
            const { go, stranger = false, status = 200 } = way.go ? way : { go: way };
            const who = name.startsWith('dashboard') && !stranger ? 'owner' : 'shopper';
            const visitor = { shopper, owner }[who];
            const { page } = visitor;
            visitor.troubles.length = 0;
            const found = typeof go === 'string' ? go : await go(visitor);
            if (typeof found === 'string') {
              const answer = await page.goto(found);
              assert.equal(answer.status(), status);
            }
            await page.waitForLoadState('load');
            if (shots) {
              const file = `${name} ${size} ${theme}.png`.replaceAll(' ', '-');
              await page.screenshot({ path: path.join(shots, file), fullPage: true });
            }
            const wrong = [
              ...await violations(page),
              ...(await sticksOut(page)).map((it) => `sticks out: ${it}`),
              ...visitor.troubles.filter((it) => !ofStatus(it)),
            ];
            assert.deepEqual(wrong, []);
            assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
            const { bytes, parts } = traffic[who];
            if (bytes > heaviest.bytes) heaviest = { name, bytes };
            assert.ok(bytes > 1000 && bytes < MOST_BYTES, `${bytes} bytes: ${JSON.stringify(parts)}`);
            const hrefs = page.locator('a[href]:not([href^="#"])').evaluateAll((all) => all.map((it) => it.href));
            for (const href of await hrefs) links.add(href);
            await page.mouse.move(0, 0);
          });
        }
        t.diagnostic(`the heaviest page is "${heaviest.name}" with ${heaviest.bytes} bytes`);
        await shopper.leave();
        await owner.leave();
      });
    }
  }

  test('leads nowhere that does not exist', async () => {
    const visitor = await Visitor.arrive(browser);
    await visitor.context.addCookies(login);
    const ours = [...links].filter((it) => it.startsWith(demo.url) && !it.includes('/cancel'));
    assert.ok(ours.length > 40, `${ours.length} links`);
    const dead = [];
    for (const link of ours) {
      const answer = await visitor.context.request.get(link);
      if (answer.status() >= 400) dead.push(`${answer.status()} ${new URL(link).pathname}`);
    }
    await visitor.leave();
    assert.deepEqual(dead, []);
  });
});

describe('the colours', () => {
  test('are chosen by a button and stay', async () => {
    const visitor = await Visitor.arrive(browser, { colorScheme: 'light' });
    const { page } = visitor;
    await page.goto(demo.storeUrl);
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    const group = page.getByRole('group', { name: 'Colours' });
    await group.getByRole('button', { name: /dark/i }).click();
    await page.waitForURL(demo.storeUrl);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    assert.notEqual(await background(), light);
    await page.goto(`${demo.storeUrl}/category/ranks`);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    assert.equal(await group.getByRole('button', { name: /dark/i }).getAttribute('aria-pressed'), 'true');
    await visitor.leave();
  });
});

describe('the keyboard', () => {
  test('is enough to buy', async () => {
    const visitor = await Visitor.arrive(browser);
    const { page } = visitor;
    /** Presses Tab until what has the focus reads like this; it must be seen to have it. */
    const tabTo = async (words) => {
      for (let i = 0; i < 80; i += 1) {
        await page.keyboard.press('Tab');
        const { text, ring } = await page.evaluate(() => {
          const it = document.activeElement;
          const label = it.labels?.[0]?.innerText ?? '';
          const around = [it, it.parentElement, it.parentElement?.parentElement].filter(Boolean);
          const styles = [getComputedStyle(it, '::after'), ...around.map((box) => getComputedStyle(box))];
          const ring = styles.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
          return { text: `${label} ${it.innerText ?? ''}`.trim(), ring };
        });
        if (words.test(text)) {
          assert.ok(ring, `the focus is seen on "${text}"`);
          return;
        }
      }
      assert.fail(`Tab does not lead to ${words} on ${page.url()}`);
    };
    const follow = async (words, url) => {
      await tabTo(words);
      await page.keyboard.press('Enter');
      await page.waitForURL(url);
      await page.waitForLoadState();
    };
    await page.goto(demo.storeUrl);
    await follow(/^Skip to the content/, /#content$/);
    await follow(/^Ranks/, /\/category\/ranks/);
    await follow(/^VIP/, /\/package\/vip/);
    await follow(/^Buy now/, /\/player/);
    await tabTo(/^Username/);
    await page.keyboard.type('Keyboarder');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/checkout\//);
    await follow(/^Pay /, /\/pay\/test\//);
    await follow(/^Approve payment/, /\/receipt\//);
    await page.getByRole('heading', { name: 'Thank you, Keyboarder' }).waitFor();
    await visitor.leave();
  });
});
