// Buying, in a real browser, with a real plugin at the other end.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { SCREENS, Visitor, launchBrowser } from './lib/browser.mjs';
import { Demo } from './lib/demo.mjs';
import { Manager } from './lib/manager.mjs';
import { Plugin } from './lib/plugin.mjs';
import { Shopper } from './lib/shopper.mjs';
import { until } from './lib/until.mjs';
import { Website } from './lib/website.mjs';

let demo;
let browser;
let survival;
let visitors = [];
let players = 0;

/** A player nobody has seen before. */
const newPlayer = () => `Buyer_${++players}`;

const arrive = async (options) => {
  const visitor = await Visitor.arrive(browser, options);
  visitors.push(visitor);
  return visitor;
};

/** A shopper in a browser of their own. */
const newShopper = async (options) => {
  const visitor = await arrive(options);
  return Object.assign(new Shopper(visitor.page, demo, newPlayer()), { visitor });
};

const vipCommand = (username) => `lp user ${username} parent add vip`;

/** The owner, looking from elsewhere. */
let manager;

/** One order, one command, whatever was clicked. */
const boughtOnce = async (username) => {
  await survival.command(vipCommand(username));
  assert.equal((await manager.ordersOf(username)).length, 1, 'one order');
  const keys = survival.received.all((it) => it.command === vipCommand(username)).map((it) => it.idempotencyKey);
  assert.equal(new Set(keys).size, 1, 'one command');
};

before(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launchBrowser()]);
  const visitor = await Visitor.arrive(browser);
  manager = new Manager(visitor.page, demo);
  await manager.logIn();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});
beforeEach(async () => { survival = await Plugin.connect(demo, 'Survival'); });
afterEach(async () => {
  await Promise.all(visitors.splice(0).map((visitor) => visitor.leave()));
  await survival.stop();
});

describe('a player buys VIP', () => {
  for (const [name, screen] of Object.entries(SCREENS)) {
    test(`on a ${name}, and watches it arrive`, async () => {
      const shopper = await newShopper({ screen });
      await shopper.openVip();
      await shopper.button('Add to basket').click();
      await shopper.page.getByRole('link', { name: /^Basket/ }).first().click();
      await shopper.button('Checkout').click();
      await shopper.identify();
      await shopper.page.waitForURL(/\/checkout\//);
      await shopper.page.getByRole('button', { name: 'Pay 9.99 EUR' }).waitFor();
      await shopper.pay();
      await shopper.approve();
      await shopper.seesReceipt();
      await shopper.markPage();

      const command = await survival.command(vipCommand(shopper.username));
      assert.equal(command.packageName, 'VIP');
      assert.deepEqual(command.player, { username: shopper.username });
      await shopper.seesDelivery('Sent to Survival');
      const output = `[LuckPerms] ${shopper.username} now inherits permissions from vip.`;
      await survival.ack(command);
      await survival.report(command, { status: 'completed', output, durationMs: 2 });
      await shopper.seesDelivery(output);
      await shopper.page.getByText('All done').waitFor();
      await shopper.seesMark();
      assert.deepEqual(shopper.visitor.troubles, []);

      await manager.openOrder(command.orderNumber);
      const shown = await manager.commands.innerText();
      assert.ok(shown.includes(vipCommand(shopper.username)), shown);
      assert.ok(shown.includes(output), shown);
      assert.match(shown, /Done/);
      await manager.page.getByRole('region', { name: 'Player', exact: true }).getByText(shopper.username).first().waitFor();
    });
  }

  test('without JavaScript', async () => {
    const shopper = await newShopper({ javaScriptEnabled: false });
    await shopper.openVip();
    await shopper.button('Add to basket').click();
    await shopper.button('Checkout').click();
    await shopper.identify();
    await shopper.pay();
    await shopper.approve();
    await shopper.seesReceipt();
    const command = await survival.command(vipCommand(shopper.username));
    await shopper.page.reload();
    await shopper.seesDelivery('Sent to Survival');
    await survival.report(command, { status: 'completed', output: 'done by hand' });
    await shopper.page.reload();
    await shopper.seesDelivery('done by hand');
    await shopper.page.getByText('All done').waitFor();
  });

  test('and reads what to do when they are not on the server', async () => {
    const shopper = await newShopper();
    await shopper.openPackage('Builder Kit', 'Coins and kits');
    await shopper.buyNow();
    await shopper.pay();
    await shopper.approve();
    await shopper.seesReceipt();
    await shopper.markPage();
    const kit = await survival.command(`kit give builder ${shopper.username}`);
    await survival.report(kit, { status: 'awaitingPlayer' });
    await shopper.seesDelivery('Waiting for you');
    await survival.invoke('PlayerJoined', { username: shopper.username });
    const [again] = await survival.received.first(1, 'attempt 2', (it) => it.id === kit.id && it.attempt === 2);
    await survival.report(again, { status: 'completed', output: 'a kit of stone' });
    await shopper.seesDelivery('a kit of stone');
    await shopper.seesMark();
  });

  test('while the server is offline, and it arrives later', async () => {
    await survival.stop();
    const shopper = await newShopper();
    await shopper.buyVip();
    await shopper.markPage();
    await survival.start();
    const command = await survival.command(vipCommand(shopper.username));
    await survival.report(command, { status: 'completed', output: 'better late' });
    await shopper.seesDelivery('better late');
    await shopper.seesMark();
  });
});

describe('a checkout made over the API', () => {
  let website;
  before(async () => { website = await Website.open(); });
  after(() => website.close());

  const checkout = (username, more) => demo.checkout('VIP', username, {
    successUrl: `${website.origin}/done?session={CHECKOUT_SESSION_ID}&order={ORDER_ID}`,
    cancelUrl: `${website.origin}/cancelled?session={CHECKOUT_SESSION_ID}&order={ORDER_ID}`,
    clientReferenceId: 'ref-1',
    ...more,
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`ends where it was asked to, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const shopper = await newShopper({ javaScriptEnabled });
      const session = await checkout(shopper.username);
      assert.equal(session.status, 'Open');
      assert.equal(session.orderId, null);
      await shopper.page.goto(session.url);
      await shopper.page.getByText(shopper.username).first().waitFor();
      await shopper.pay();
      await shopper.approve();
      await shopper.heading('My website').waitFor();
      const done = await demo.findCheckout(session.id);
      assert.equal(done.status, 'Completed');
      assert.ok(done.orderId);
      assert.equal(shopper.page.url(), `${website.origin}/done?session=${session.id}&order=${done.orderId}`);
      await survival.command(vipCommand(shopper.username));
      const order = await demo.findOrder(done.orderId);
      assert.equal(order.checkoutSessionId, session.id);
      assert.equal(order.playerUsername, shopper.username);

      await shopper.page.goto(session.url);
      await boughtOnce(shopper.username);
    });
  }

  test('goes back where it was asked to when it is cancelled', async () => {
    const shopper = await newShopper();
    const session = await checkout(shopper.username);
    await shopper.page.goto(session.url);
    await shopper.page.getByRole('link', { name: /^Back to/ }).click();
    await shopper.heading('My website').waitFor();
    assert.equal(shopper.page.url(), `${website.origin}/cancelled?session=${session.id}&order=`);
    assert.equal((await demo.findCheckout(session.id)).status, 'Cancelled');
    await shopper.page.goto(session.url);
    await shopper.heading('This checkout was cancelled').waitFor();
    assert.deepEqual(await manager.ordersOf(shopper.username), []);
  });

  test('says so when nobody knows it', async () => {
    const shopper = await newShopper();
    const answer = await shopper.page.goto(`${demo.url}/checkout/cs_${'a'.repeat(24)}`);
    assert.equal(answer.status(), 404);
    await shopper.heading('We do not know this checkout').waitFor();
  });

  test('says so when its time is over', { timeout: 120_000 }, async () => {
    const shopper = await newShopper();
    const session = await checkout(shopper.username, { expiresInSeconds: 60 });
    await shopper.page.goto(session.url);
    await shopper.button(/^Pay/).waitFor();
    await until('the session expires', async () => (
      (await demo.findCheckout(session.id)).status === 'Expired'
    ), { within: 75_000, every: 500 });
    await shopper.button(/^Pay/).click();
    await shopper.heading('This checkout has expired').waitFor();
    await shopper.page.goto(session.url);
    await shopper.heading('This checkout has expired').waitFor();
    assert.deepEqual(await manager.ordersOf(shopper.username), []);
  });
});

describe('a payment', () => {
  test('that is declined leaves the checkout open for another try', async () => {
    const shopper = await newShopper();
    await shopper.checkOutVip();
    const { session } = shopper;
    await shopper.pay();
    await shopper.button('Decline payment').click();
    await shopper.page.waitForURL(/\/checkout\//);
    await shopper.page.getByText(/declined\. Nothing was charged/).waitFor();
    assert.equal((await demo.findCheckout(session)).status, 'Open');
    assert.deepEqual(survival.received.all((it) => it.command === vipCommand(shopper.username)), []);
    await shopper.pay();
    await shopper.approve();
    await shopper.seesReceipt();
    await boughtOnce(shopper.username);
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`is made once by a double click, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const shopper = await newShopper({ javaScriptEnabled });
      await shopper.checkOutVip();
      await shopper.button(/^Pay/).dblclick();
      await shopper.button('Approve payment').waitFor();
      await shopper.button('Approve payment').dblclick();
      await shopper.seesReceipt();
      await boughtOnce(shopper.username);
    });
  }

  test('is made once in two tabs', async () => {
    const shopper = await newShopper();
    await shopper.checkOutVip();
    const second = new Shopper(await shopper.visitor.openTab(), demo, shopper.username);
    await second.page.goto(shopper.page.url());
    await Promise.all([shopper.pay(), second.pay()]);
    await Promise.all([shopper.approve(), second.approve()]);
    await Promise.all([shopper.seesReceipt(), second.seesReceipt()]);
    await boughtOnce(shopper.username);
  });

  test('that was declined in one tab cannot be approved in another', async () => {
    const shopper = await newShopper();
    await shopper.checkOutVip();
    await shopper.pay();
    const second = new Shopper(await shopper.visitor.openTab(), demo, shopper.username);
    await second.page.goto(shopper.page.url());
    await shopper.button('Decline payment').click();
    await shopper.page.getByText(/declined\. Nothing was charged/).waitFor();
    await second.approve();
    await second.page.getByText(/declined/).first().waitFor();
    assert.deepEqual(survival.received.all((it) => it.command === vipCommand(shopper.username)), []);
  });

  test('is made once when the buyer goes back and tries again', async () => {
    const shopper = await newShopper();
    await shopper.checkOutVip();
    const checkoutUrl = shopper.page.url();
    await shopper.pay();
    const gatewayUrl = shopper.page.url();
    await shopper.approve();
    await shopper.seesReceipt();
    await shopper.page.reload();
    await shopper.seesReceipt();
    await shopper.page.goBack();
    await shopper.heading('This payment is approved').waitFor();
    await shopper.page.goto(gatewayUrl);
    await shopper.page.getByRole('link', { name: 'Go to the receipt' }).click();
    await shopper.seesReceipt();
    await shopper.page.goto(checkoutUrl);
    await shopper.heading('This order is paid already').waitFor();
    await shopper.page.getByRole('link', { name: 'Show the receipt' }).click();
    await shopper.seesReceipt();
    await boughtOnce(shopper.username);
  });

  test('of a page that was open before it was paid elsewhere is not made again', async () => {
    const shopper = await newShopper();
    await shopper.checkOutVip();
    const stale = new Shopper(await shopper.visitor.openTab(), demo, shopper.username);
    await stale.page.goto(shopper.page.url());
    await stale.button(/^Pay/).waitFor();
    await shopper.pay();
    await shopper.approve();
    await shopper.seesReceipt();
    await stale.button(/^Pay/).click();
    await stale.heading(/^(This order is paid already|Thank you, )/).waitFor();
    await boughtOnce(shopper.username);
  });
});

describe('the shop', () => {
  test('keeps the basket over a reload and over leaving', async () => {
    const shopper = await newShopper();
    await shopper.openVip();
    await shopper.button('Add to basket').click();
    await shopper.openPackage('1,000 Coins', 'Coins and kits');
    await shopper.page.getByRole('spinbutton', { name: 'Quantity' }).fill('3');
    await shopper.button('Add to basket').click();
    const lines = shopper.page.getByRole('list', { name: 'Items' }).locator(':scope > li');
    const seesBasket = async () => {
      await shopper.page.getByRole('link', { name: /^Basket\s*4 items$/ }).waitFor();
      assert.equal(await lines.count(), 2);
      await shopper.page.getByText('24.96 EUR').first().waitFor();
    };
    await seesBasket();
    await shopper.page.reload();
    await seesBasket();
    await shopper.page.goto('about:blank');
    await shopper.page.goto(`${demo.storeUrl}/basket`);
    await seesBasket();
    await shopper.page.getByRole('spinbutton', { name: 'Quantity of 1,000 Coins' }).fill('1');
    await shopper.button('Update quantity of 1,000 Coins').click();
    await shopper.page.getByText('14.98 EUR').first().waitFor();
    await shopper.button('Remove VIP').click();
    await shopper.page.getByRole('link', { name: /^Basket\s*1 item$/ }).waitFor();
  });

  test('empties the basket once it is paid', async () => {
    const shopper = await newShopper();
    await shopper.openVip();
    await shopper.button('Add to basket').click();
    await shopper.button('Checkout').click();
    await shopper.identify();
    await shopper.pay();
    await shopper.approve();
    await shopper.seesReceipt();
    await shopper.page.goto(`${demo.storeUrl}/basket`);
    await shopper.page.getByRole('heading', { name: 'Your basket is empty' }).waitFor();
  });

  test('remembers the player, and lets them be somebody else', async () => {
    const shopper = await newShopper();
    await shopper.signIn();
    await shopper.page.getByRole('link', { name: 'not you?' }).click();
    assert.equal(await shopper.page.getByRole('textbox', { name: 'Username' }).inputValue(), shopper.username);
    shopper.username = newPlayer();
    await shopper.identify();
    await shopper.buyVip();
    await boughtOnce(shopper.username);
  });

  test('says that there is no such page', async () => {
    const shopper = await newShopper();
    for (const where of ['/nowhere', '/package/nothing', '/category/nothing']) {
      const answer = await shopper.page.goto(demo.storeUrl + where);
      assert.equal(answer.status(), 404, where);
      await shopper.page.getByRole('link', { name: 'Go to the shop' }).click();
      await shopper.heading('Demo').waitFor();
    }
    const answer = await shopper.page.goto(`${demo.url}/s/no-such-store`);
    assert.equal(answer.status(), 404);
  });

  test('refuses a form that was not sent from its own page', async () => {
    const shopper = await newShopper();
    await shopper.openVip();
    const form = { package: demo.package('VIP').id, quantity: '1', then: 'basket' };
    const forged = await shopper.visitor.context.request.post(`${demo.storeUrl}/basket/add`, { form: { ...form, csrf: 'x' } });
    assert.equal(forged.status(), 403);
    await shopper.page.reload();
    await shopper.page.getByRole('link', { name: /^Basket is empty|^Basket\s*is empty/ }).waitFor();
  });
});

describe('what is cheaper', () => {
  // The card pays all of the first purchase, and what is left on it a part of the second.
  const roads = [
    { javaScriptEnabled: true, quantity: '3', full: '8.97', off: '0.90', lowered: '8.07', card: '8.07', due: '0.00' },
    { javaScriptEnabled: false, quantity: '10', full: '29.90', off: '2.99', lowered: '26.91', card: '16.93', due: '9.98' },
  ];
  for (const { javaScriptEnabled, quantity, full, off, lowered, card, due } of roads) {
    test(`by sale, coupon and gift card is paid for and told on the receipt, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const shopper = await newShopper({ javaScriptEnabled });
      const { page } = shopper;
      const email = page.getByRole('textbox', { name: 'E-mail' });
      await shopper.signIn();
      await shopper.openPackage('Custom Title', 'Extras');
      const price = page.getByRole('main').locator('.product-price');
      await price.getByText('3.99 EUR').waitFor();
      await price.getByText('2.99 EUR').waitFor();
      await price.getByText(/^Opening sale: 25 % off, until /).waitFor();
      await page.getByRole('textbox', { name: 'Your title' }).fill('King of Hills');
      await page.getByRole('radio', { name: 'Aqua' }).check();
      await page.getByRole('spinbutton', { name: 'Quantity' }).fill(quantity);
      await shopper.button('Buy now').click();
      await page.waitForURL(/\/checkout\//);
      await shopper.button(`Pay ${full} EUR`).waitFor();

      await page.getByText('Add a code', { exact: true }).click();
      await page.getByLabel('Coupon code').fill('NOBODY');
      await email.fill('king@example.com');
      await shopper.button('Apply coupon code').click();
      await page.getByText(/^We do not know this coupon/).last().waitFor();
      assert.equal(await page.getByLabel('Coupon code').inputValue(), 'NOBODY');
      assert.equal(await email.inputValue(), 'king@example.com');
      await page.getByLabel('Coupon code').fill('welcome10');
      await page.getByLabel('Coupon code').press('Enter');
      await page.getByText('Look at the new price, then pay.').waitFor();
      await shopper.button(`Pay ${lowered} EUR`).waitFor();
      assert.equal(await email.inputValue(), 'king@example.com');
      await shopper.button('Remove Coupon WELCOME10').click();
      await page.getByText('Add a code', { exact: true }).click();
      await page.getByLabel('Coupon code').fill('WELCOME10');
      // Whoever forgets to apply it does not pay the full price.
      await shopper.button(`Pay ${full} EUR`).click();
      await shopper.button(`Pay ${lowered} EUR`).waitFor();

      await page.getByText('Add another code', { exact: true }).click();
      await page.getByLabel('Gift card code').fill(demo.giftCard.code.toLowerCase());
      await shopper.button('Apply gift card code').click();
      await page.getByText('Your code is applied.').waitFor();
      const seesSums = async () => assert.deepEqual(
        (await page.locator('.sum-rows > div').allInnerTexts()).map((row) => row.replaceAll(/\s+/g, ' ').trim()),
        [`Subtotal ${full} EUR`, `Coupon WELCOME10 -${off} EUR`, `Gift card -${card} EUR`, `Total ${due} EUR`],
      );
      await seesSums();
      if (due === '0.00') {
        await shopper.button('Pay with your gift card').click();
      } else {
        await shopper.button(`Pay ${due} EUR`).click();
        await shopper.approve();
      }
      await shopper.seesReceipt();
      await seesSums();
      await page.getByText('King of Hills').waitFor();
      const command = await survival.command(`title set ${shopper.username} Aqua King of Hills`);
      const order = await demo.findOrder(command.orderId);
      assert.equal(order.totalAmount, Number(lowered));
      const troubles = shopper.visitor.troubles.filter((it) => !it.includes('400 (Bad Request)'));
      assert.deepEqual(troubles, []);
    });
  }

  test('for many is told before and after', async () => {
    const shopper = await newShopper();
    await shopper.signIn();
    await shopper.openPackage('Coin Pouch', 'Extras');
    await shopper.page.getByRole('table', { name: 'The more, the cheaper' }).getByRole('row', { name: '10 to 49 0.85 EUR' }).waitFor();
    await shopper.page.getByRole('spinbutton', { name: 'Quantity' }).fill('10');
    await shopper.buyNow();
    await shopper.button('Pay 8.50 EUR').waitFor();
  });

  test('for a week is a trial, and says what comes after', async () => {
    const shopper = await newShopper();
    await shopper.signIn();
    await shopper.openPackage('VIP Club', 'Extras');
    await shopper.buyNow();
    await shopper.page.getByText(/^7 days free\. From .* on it is 4\.99.EUR every month, until you cancel\./).waitFor();
    await shopper.button('Start free trial').click();
    await shopper.approve();
    await shopper.seesReceipt();
    await shopper.page.getByText('Cancel subscription').waitFor();
  });

  test('as one likes, within bounds', async () => {
    const shopper = await newShopper();
    await shopper.signIn();
    await shopper.openPackage('Donation', 'Extras');
    await shopper.page.getByRole('textbox', { name: 'Your price' }).fill('0.50');
    await shopper.button('Buy now').click();
    await shopper.page.getByText('It costs at least 1.00 EUR.').last().waitFor();
    await shopper.page.getByRole('textbox', { name: 'Your price' }).fill('12,50');
    await shopper.buyNow();
    await shopper.button('Pay 12.50 EUR').waitFor();
  });

  test('for somebody else is a gift', async () => {
    const [shopper, friend] = [await newShopper(), newPlayer()];
    await shopper.signIn();
    await shopper.openVip();
    await shopper.button('Add to basket').click();
    await shopper.page.getByText('It is a gift').click();
    await shopper.page.getByRole('textbox', { name: 'Who gets it' }).fill(friend);
    await shopper.button('Checkout').click();
    await shopper.page.getByText(`For ${friend}, from ${shopper.username}`).waitFor();
    await shopper.pay();
    await shopper.approve();
    await shopper.seesReceipt();
    await survival.command(vipCommand(friend));
  });
});

describe('a username that cannot be one', () => {
  const bad = {
    'two words': 'two words',
    'double quotes': 'Ste"ve',
    'single quotes': "Ste've",
    'a selector': '@a',
    'a selector with arguments': '@a[r=1]',
    '33 characters': 'a'.repeat(33),
    'a script': '<script>alert(1)</script>',
    'a semicolon': 'Steve;op',
    'a slash': '/op',
    'a variable': '{player}',
    'two characters': 'ab',
  };

  for (const [what, name] of Object.entries(bad)) {
    test(`is refused beside the field, and kept: ${what}`, async () => {
      const shopper = await newShopper();
      await shopper.page.goto(`${demo.storeUrl}/player`);
      await shopper.identify(name);
      const field = shopper.page.getByRole('textbox', { name: 'Username' });
      await until('the field is marked', async () => await field.getAttribute('aria-invalid') === 'true');
      assert.equal(await field.inputValue(), name);
      const [errorId] = (await field.getAttribute('aria-describedby')).split(' ');
      const error = shopper.page.locator(`#${errorId}`);
      assert.ok((await error.innerText()).length > 10);
      const [fieldBox, errorBox] = [await field.boundingBox(), await error.boundingBox()];
      assert.ok(Math.abs(errorBox.y - (fieldBox.y + fieldBox.height)) < 24, 'the error stands beside its field');
      assert.ok(await shopper.page.getByRole('alert').evaluate((it) => it.contains(document.activeElement)), 'the summary has the focus');
      await shopper.identify();
      await shopper.page.getByRole('link', { name: 'not you?' }).waitFor();
    });
  }

  test('is refused with a line break in it, which only a forged form can send', async () => {
    const shopper = await newShopper();
    await shopper.page.goto(`${demo.storeUrl}/player`);
    const csrf = await shopper.page.locator('form[action$="/player"] input[name=csrf]').inputValue();
    for (const username of ['Steve\nop Steve', 'Steve\r\nop Steve', 'Ste\u0000ve']) {
      const answer = await shopper.visitor.context.request.post(`${demo.storeUrl}/player`, { form: { csrf, username, next: '' } });
      assert.equal(answer.status(), 400);
      assert.match(await answer.text(), /id="username-error"/);
    }
    await shopper.page.goto(demo.storeUrl);
    await shopper.page.getByRole('link', { name: 'Who are you?' }).waitFor();
  });
});

describe('what is limited', () => {
  test('is free once per player', async () => {
    const shopper = await newShopper();
    await shopper.openPackage('Welcome Gift', 'Coins and kits');
    await shopper.buyNow();
    const { session } = shopper;
    await shopper.button('Get it for free').click();
    await shopper.seesReceipt();
    const command = await survival.command(`kit give welcome ${shopper.username}`);
    const order = await demo.findOrder(command.orderId);
    assert.equal(order.totalAmount, 0);
    assert.equal(order.status, 'Paid');
    assert.equal((await demo.findCheckout(session)).status, 'Completed');

    await shopper.openPackage('Welcome Gift', 'Coins and kits');
    await shopper.page.getByText(`${shopper.username} has as many as one player can have`).waitFor();
    assert.equal(await shopper.button('Buy now').count(), 0);
    const other = await newShopper();
    await other.openPackage('Welcome Gift', 'Coins and kits');
    await other.button('Buy now').click();
    await other.identify(shopper.username.toLowerCase());
    await other.page.getByText(/as many as one player can have|limited to 1 per player/).first().waitFor();
    assert.equal((await manager.ordersOf(shopper.username)).length, 1);
  });

  test('is not sold again to the same player from the basket', async () => {
    const shopper = await newShopper();
    await demo.order("Founder's Relic", shopper.username);
    await shopper.openPackage("Founder's Relic", 'Ranks');
    await shopper.button('Add to basket').click();
    await shopper.button('Checkout').click();
    await shopper.identify();
    await shopper.page.getByText(/limited to 1 per player/).first().waitFor();
    assert.ok(!shopper.page.url().includes('/checkout/cs_'));
  });

  test('is sold out when it is gone, also to those who were about to pay', async () => {
    const early = await newShopper();
    await early.openPackage("Founder's Relic", 'Ranks');
    const waiting = await newShopper();
    await waiting.openPackage("Founder's Relic", 'Ranks');
    await waiting.buyNow();

    let left;
    do {
      await demo.order("Founder's Relic", newPlayer());
      const { items } = (await demo.call('GET', '/packages')).body.data;
      left = items.find((it) => it.name === "Founder's Relic").stockRemaining;
    } while (left > 0);

    await waiting.button(/^Pay/).click();
    await waiting.page.getByText(/sold out/i).first().waitFor();
    assert.deepEqual(await manager.ordersOf(waiting.username), []);
    await early.button('Buy now').click();
    await early.page.getByText(/sold out/i).first().waitFor();
    assert.equal(await early.button('Buy now').count(), 0);

    await early.openPackage("Founder's Relic", 'Ranks');
    await early.page.getByText('Sold out').first().waitFor();
    assert.equal(await early.button('Add to basket').count(), 0);
    const refused = await demo.call('POST', '/orders', {
      items: [{ packageId: demo.package("Founder's Relic").id }], playerUsername: newPlayer(),
    });
    assert.equal(refused.status, 400);
    assert.match(refused.body.message, /sold out/);
  });
});
