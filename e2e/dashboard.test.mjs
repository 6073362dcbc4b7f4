// The dashboard, used by the owner of the demo's store.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { SCREENS, Visitor, launchBrowser } from './lib/browser.mjs';
import { Demo } from './lib/demo.mjs';
import { Manager } from './lib/manager.mjs';
import { Plugin } from './lib/plugin.mjs';
import { Shopper } from './lib/shopper.mjs';

let demo;
let browser;
let login;
const visitors = [];
const plugins = [];

const arrive = async (options) => {
  const visitor = await Visitor.arrive(browser, options);
  visitors.push(visitor);
  return visitor;
};

/** The owner, logged in already. */
const manage = async (options) => {
  const visitor = await arrive({ storageState: login, ...options });
  const manager = Object.assign(new Manager(visitor.page, demo), { visitor });
  await manager.page.goto(demo.dashboardUrl);
  return manager;
};

const connect = async (token, options) => {
  const plugin = new Plugin(demo.hubUrl, token, options);
  plugins.push(plugin);
  await plugin.start();
  return plugin;
};

before(async () => {
  [demo, browser] = await Promise.all([Demo.start(), launchBrowser()]);
  const visitor = await Visitor.arrive(browser);
  await new Manager(visitor.page, demo).logIn();
  login = await visitor.context.storageState();
  await visitor.leave();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});
afterEach(async () => {
  await Promise.all(visitors.splice(0).map((visitor) => visitor.leave()));
  await Promise.all(plugins.splice(0).map((plugin) => plugin.stop()));
});

describe('logging in', () => {
  test('is refused with a wrong password, in words, and keeps the address', async () => {
    const { page, troubles } = await arrive();
    const manager = new Manager(page, demo);
    await page.goto(demo.dashboardUrl);
    await manager.heading('Log in').waitFor();
    await manager.fillLogin('not the password');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), /password is not right/);
    assert.equal(await page.getByLabel('E-mail').inputValue(), demo.owner.email);
    assert.equal(await page.getByLabel('Password').inputValue(), '');
    // The browser itself notes the status of the answer.
    assert.deepEqual(troubles.filter((it) => !it.includes('401 (Unauthorized)')), []);
  });

  test('leads on to the page that was asked for, and out again', async () => {
    const { page } = await arrive();
    const manager = new Manager(page, demo);
    await page.goto(`${demo.dashboardUrl}/demo/servers`);
    await manager.heading('Log in').waitFor();
    await manager.fillLogin();
    await manager.heading('Servers').waitFor();
    await page.locator('summary').filter({ hasText: 'your account' }).click();
    await manager.button('Log out').click();
    await page.getByText('You are logged out.').waitFor();
    await page.goto(`${demo.dashboardUrl}/demo/orders`);
    await manager.heading('Log in').waitFor();
  });

  test('of a session that is gone asks again', async () => {
    const { page, context } = await arrive({ storageState: login });
    await page.goto(demo.dashboardUrl);
    await new Manager(page, demo).heading('Home').waitFor();
    await context.clearCookies();
    await page.reload();
    await new Manager(page, demo).heading('Log in').waitFor();
  });
});

describe('a package', () => {
  for (const [screen, javaScriptEnabled] of [['desktop', true], ['phone', true], ['desktop', false]]) {
    test(`is made, bought and delivered (${screen}, ${javaScriptEnabled ? 'with' : 'without'} JavaScript)`, async () => {
      const name = `Jetpack ${screen} ${javaScriptEnabled}`;
      const at = await manage({ screen: SCREENS[screen], javaScriptEnabled });
      const { page } = at;
      await at.open('Packages');
      await page.getByRole('link', { name: 'New package' }).click();
      await at.heading('New package').waitFor();
      await at.field('Name').fill(name);
      await page.getByLabel('Description').fill('<p>Up, <strong>up</strong> and away.</p><script>alert(1)</script>');
      await page.getByLabel('New category').fill('Gadgets');
      await page.getByLabel('Price in EUR').fill('2.50');
      await at.button('Add a command').click();
      const command = page.getByRole('group', { name: 'Command 1' });
      await command.getByLabel('Command, without the slash').fill('jetpack give {username} {quantity}');
      await command.getByLabel('Where').selectOption({ label: 'Survival' });
      await at.button('Show the final text').click();
      await command.getByText('jetpack give Steve 1').waitFor();
      assert.equal(await at.field('Name').inputValue(), name, 'what was typed is kept');
      await at.button('Create package').click();
      await page.getByText('Saved.').waitFor();
      await at.heading(name).waitFor();

      const survival = await connect(demo.server('Survival').token);
      const shopper = new Shopper((await arrive()).page, demo, `Pilot_${screen}_${javaScriptEnabled}`.slice(0, 16));
      await shopper.openPackage(name, 'Gadgets');
      await shopper.page.getByRole('paragraph').filter({ hasText: 'Up, up and away.' }).waitFor();
      await shopper.buyNow();
      await shopper.pay();
      await shopper.approve();
      await shopper.seesReceipt();
      const arrived = await survival.command(`jetpack give ${shopper.username} 1`);
      assert.equal(arrived.packageName, name);
      await survival.report(arrived, { status: 'completed', output: 'whoosh' });
      await shopper.seesDelivery('whoosh');
      assert.deepEqual(at.visitor.troubles, []);
    });
  }

  test('tells what is wrong beside the fields, and keeps what was typed', async () => {
    const manager = await manage();
    const { page } = manager;
    await page.goto(`${demo.dashboardUrl}/demo/packages/new`);
    await manager.field('Name').fill('Wrong');
    await page.getByLabel('Price in EUR').fill('one euro');
    await manager.button('Add a command').click();
    const template = page.getByLabel('Command, without the slash');
    await template.fill('give {plaeyr} bread');
    await manager.button('Create package').click();
    await page.getByRole('alert').first().waitFor();
    assert.equal(await page.getByLabel('Price in EUR').inputValue(), 'one euro');
    assert.equal(await page.getByLabel('Price in EUR').getAttribute('aria-invalid'), 'true');
    assert.equal(await template.inputValue(), 'give {plaeyr} bread');
    assert.equal(await template.getAttribute('aria-invalid'), 'true');
    await page.getByText(/\{plaeyr\}/).first().waitFor();
    await manager.open('Packages');
    assert.equal(await page.getByRole('link', { name: 'Wrong' }).count(), 0);
  });

  test('that is changed costs what it costs now', async () => {
    const manager = await manage();
    const { page } = manager;
    await manager.open('Packages');
    await page.getByRole('link', { name: 'MVP', exact: true }).click();
    await page.getByLabel('Price in EUR').fill('21.00');
    await manager.button('Save').click();
    await page.getByText('Saved.').waitFor();
    const shopper = new Shopper((await arrive()).page, demo, 'Changer');
    await shopper.openPackage('MVP', 'Ranks');
    await shopper.page.getByText('21.00 EUR').first().waitFor();
  });
});

describe('a server', () => {
  let manager;
  let token;
  let count = 0;

  beforeEach(async () => {
    manager = await manage();
    const { page } = manager;
    await manager.open('Servers');
    await page.getByRole('link', { name: 'New server' }).click();
    manager.serverName = `Creative ${++count}`;
    await manager.field('Name').fill(manager.serverName);
    await manager.field('Address').fill('creative.demo.example');
    await manager.button('Create server').click();
    await manager.heading(manager.serverName).waitFor();
    token = /\b[0-9a-f]{32}_[A-Za-z0-9]{32}\b/.exec(await page.getByRole('main').innerText())?.[0];
    assert.ok(token, 'the token is shown');
  });

  const status = () => manager.page.getByRole('region', { name: 'Status', exact: true });

  test('shows its token once', async () => {
    await manager.open('Servers');
    await manager.page.getByRole('link', { name: manager.serverName }).click();
    await manager.heading(manager.serverName).waitFor();
    const html = await manager.page.content();
    assert.ok(!html.includes(token.split('_')[1]), 'the secret is nowhere in the page');
  });

  test('turns online by itself when its plugin connects, and offline when it leaves', async () => {
    const { page } = manager;
    await status().getByText('Waiting for the first connection').waitFor();
    await page.evaluate(() => { globalThis.neverReloaded = true; });
    const plugin = await connect(token);
    await status().getByText('Online', { exact: true }).waitFor();
    await plugin.hello();
    await status().getByText('tradepost-e2e 1.0.0 on Paper 1.21.4').waitFor();
    await plugin.stop();
    await status().getByText('Offline', { exact: true }).waitFor();
    assert.equal(await page.evaluate(() => globalThis.neverReloaded), true, 'the page was not reloaded');
    assert.deepEqual(manager.visitor.troubles, []);
  });

  test('turns online in the list of servers as well', async () => {
    const { page } = manager;
    await manager.open('Servers');
    const row = page.getByRole('row').filter({ hasText: manager.serverName });
    await row.getByText('Never connected').waitFor();
    await connect(token);
    await row.getByText('Online', { exact: true }).waitFor();
  });

  test('gets a new token only when its name is typed, and the old one ends at once, for good', async () => {
    const { page } = manager;
    const plugin = await connect(token, { retryEvery: 100 });
    await manager.field(`Type ${manager.serverName} to confirm`).fill('something else');
    await manager.button('Make a new token').click();
    await page.getByText('The token was not changed.').waitFor();
    assert.equal(plugin.connection.state, 'Connected');

    await manager.field(`Type ${manager.serverName} to confirm`).fill(manager.serverName);
    await manager.button('Make a new token').click();
    assert.match((await plugin.closed()).message, /Connection token was regenerated\./);
    assert.deepEqual(plugin.life.all((it) => it.what === 'reconnecting'), [], 'it does not come back by itself');
    await assert.rejects(connect(token), /not valid.*regenerated/);

    await page.locator('code').filter({ hasText: /^[0-9a-f]{32}_[A-Za-z0-9]{32}$/ }).waitFor();
    const renewed = /\b[0-9a-f]{32}_[A-Za-z0-9]{32}\b/.exec(await page.getByRole('main').innerText())[0];
    assert.notEqual(renewed, token);
    await connect(renewed);
    await status().getByText('Online', { exact: true }).waitFor();
  });
});

describe('the orders', () => {
  test('are found by player and by status, and tell how their delivery stands', async () => {
    const survival = await connect(demo.server('Survival').token);
    const manager = await manage();
    const order = await demo.order('VIP', 'Findable_1');
    const [command] = await survival.commandsOf(order.id);
    assert.deepEqual(await manager.ordersOf('findable_1'), [`Order #${order.number}`]);
    assert.deepEqual(await manager.ordersOf('nobody_at_all'), []);
    await manager.page.getByRole('heading', { name: 'No order matches' }).waitFor();

    await survival.report(command, { status: 'interrupted' });
    await manager.openOrder(order.number);
    await manager.commands.getByText('Failed', { exact: true }).first().waitFor();
    await manager.open('Home');
    await manager.page.getByRole('region', { name: /^Needs you/ }).getByText(/Findable_1/).waitFor();
  });

  test('are not shown to nobody', async () => {
    const order = await demo.order('VIP', 'Private_1');
    const { page } = await arrive();
    for (const where of ['', '/demo', '/demo/orders', `/demo/orders/${order.id}`, '/demo/servers/live', '/demo/packages/new']) {
      await page.goto(demo.dashboardUrl + where);
      await new Manager(page, demo).heading('Log in').waitFor();
    }
  });
});

describe('what staff do after a purchase', () => {
  /** A package of its own with commands: type in words, and text. Bought for a time where one expires. */
  const makePackage = async (manager, name, commands) => {
    const { page } = manager;
    await page.goto(`${demo.dashboardUrl}/demo/packages/new`);
    await manager.field('Name').fill(name);
    await page.getByLabel('New category').fill('Gadgets');
    await page.getByLabel('Price in EUR').fill('9.99');
    await page.getByLabel('Days', { exact: true }).fill('30');
    for (const [index, [type, text]] of commands.entries()) {
      await manager.button('Add a command').click();
      const command = page.getByRole('group', { name: `Command ${index + 1}` });
      await command.getByLabel('Command, without the slash').fill(text);
      await command.getByLabel('When').selectOption({ label: type });
      await command.getByLabel('Where').selectOption({ label: 'Survival' });
    }
    await manager.button('Create package').click();
    await page.getByText('Saved.').waitFor();
  };

  const RANK = (id) => [
    ['After the purchase', `rank add {player} ${id}`],
    ['When it is refunded', `rank refund {player} ${id}`],
    ['When the bank takes the money back', `rank gone {player} ${id}`],
    ['When its time is over', `rank over {player} ${id}`],
  ];

  /** Buys it in the shop; gives the buyer, who stands on the receipt. */
  const buy = async (name, username, options) => {
    const shopper = new Shopper((await arrive(options)).page, demo, username);
    await shopper.openPackage(name, 'Gadgets');
    await shopper.page.getByRole('list', { name: 'Limits' }).getByText('For 30 days').waitFor();
    await shopper.buyNow();
    await shopper.pay();
    shopper.gateway = shopper.page.url();
    await shopper.approve();
    await shopper.seesReceipt();
    return shopper;
  };

  const openOrderOf = async (manager, username) => {
    const [name] = await manager.ordersOf(username);
    const number = /\d+/.exec(name)[0];
    await manager.page.getByRole('link', { name: new RegExp(`^Order #?${number}$`) }).click();
    await manager.heading(new RegExp(`^Order #?${number}$`)).waitFor();
    return manager.page.url();
  };

  const play = async () => {
    const survival = await connect(demo.server('Survival').token);
    await survival.hello();
    survival.play((command) => (
      command.command.includes('Unlucky') && command.attempt === 1
        ? { status: 'interrupted', output: 'the server crashed' }
        : { status: 'completed', output: `ran: ${command.command}` }
    ));
    return survival;
  };

  for (const javaScriptEnabled of [true, false]) {
    test(`an order is refunded (${javaScriptEnabled ? 'with' : 'without'} JavaScript)`, async () => {
      const [name, username] = [`Ring ${javaScriptEnabled}`, `Refund_${javaScriptEnabled}`];
      const manager = await manage({ javaScriptEnabled });
      const { page } = manager;
      await makePackage(manager, name, RANK('ring'));
      const survival = await play();
      const shopper = await buy(name, username);
      await survival.command(`rank add ${username} ring`);
      await shopper.seesDelivery('Done');

      const order = await openOrderOf(manager, username);
      await page.getByText(/^Until /).waitFor();
      await page.getByRole('link', { name: 'Refund' }).click();
      await manager.heading(/^Refund order/).waitFor();
      await page.getByText('9.99 EUR go back through Test payment.').waitFor();
      await page.getByText('1 refund command runs on Survival.').waitFor();
      await page.getByLabel('Reason').fill('Bought twice.');
      await manager.button(/^Refund/).click();
      await page.getByText('The order is refunded.').waitFor();
      assert.equal(page.url(), order);
      await survival.command(`rank refund ${username} ring`);
      await page.reload();
      await manager.commands.getByText('Refund command').waitFor();
      await page.getByText('Bought twice.').first().waitFor();
      assert.equal(await page.getByRole('link', { name: 'Refund' }).count(), 0);

      await shopper.heading('This order was refunded').waitFor();
      assert.equal(await shopper.page.getByText('rank refund').count(), 0, 'the buyer sees deliveries only');
      assert.deepEqual(manager.visitor.troubles, []);
    });
  }

  for (const [deed, word] of [['Win', 'Paid'], ['Lose', 'Charged back']]) {
    test(`a dispute is followed to its end: ${deed}`, async () => {
      const [name, username] = [`Crown ${deed}`, `Dispute_${deed}`];
      const manager = await manage();
      const { page } = manager;
      await makePackage(manager, name, RANK(deed));
      const survival = await play();
      await buy(name, username);
      await survival.command(`rank add ${username} ${deed}`);
      await openOrderOf(manager, username);
      await page.getByRole('link', { name: 'Test payment' }).click();
      await manager.heading('This payment is approved').waitFor();
      await manager.button('Open a dispute').click();
      await manager.heading('This payment is disputed').waitFor();
      await survival.command(`rank gone ${username} ${deed}`);

      await page.goto(`${demo.dashboardUrl}/demo`);
      const needs = page.getByRole('region', { name: /^Needs you/ });
      await needs.getByText(/is disputed/).waitFor();
      await needs.getByRole('listitem').filter({ hasText: username }).getByRole('link').click();
      await page.getByText('Disputed', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'Test payment' }).click();
      await manager.button(`${deed} the dispute`).click();
      await manager.button('Open a dispute').or(page.getByText('The store lost this dispute')).waitFor();
      await openOrderOf(manager, username);
      await page.getByText(word, { exact: true }).first().waitFor();
      if (deed === 'Win') {
        await survival.received.first(2, 'the rank again', (it) => it.command === `rank add ${username} ${deed}`);
      }
      assert.deepEqual(manager.visitor.troubles, []);
    });
  }

  for (const javaScriptEnabled of [true, false]) {
    test(`a failed command is sent again (${javaScriptEnabled ? 'with' : 'without'} JavaScript)`, async () => {
      const name = `Lamp ${javaScriptEnabled}`;
      const username = `Unlucky_${javaScriptEnabled}`;
      const manager = await manage({ javaScriptEnabled });
      const { page } = manager;
      await makePackage(manager, name, [['After the purchase', 'lamp {player}']]);
      const survival = await play();
      await buy(name, username);
      await survival.command(`lamp ${username}`);
      await manager.open('Queue');
      await page.getByRole('link', { name: 'Failed', exact: true }).click();
      const row = page.getByRole('row').filter({ hasText: `lamp ${username}` });
      await row.getByText('Failed', { exact: true }).waitFor();
      await row.getByRole('button', { name: /^Send again/ }).click();
      await page.getByText('The command is sent again.').waitFor();
      const [, again] = await survival.received.first(2, 'a second attempt', (it) => it.command === `lamp ${username}`);
      assert.equal(again.attempt, 2);
      await openOrderOf(manager, username);
      await manager.commands.getByText(/^resent by/).waitFor();
      await manager.commands.getByText('Done', { exact: true }).first().waitFor();
    });
  }

  test('a wiped server is filled again, and the page tells how far it is', async () => {
    const manager = await manage();
    const { page } = manager;
    await makePackage(manager, 'Statue', [['After the purchase', 'statue {player}']]);
    const survival = await play();
    for (const username of ['Wiped_1', 'Wiped_2', 'Wiped_3']) await buy('Statue', username);
    await survival.command('statue Wiped_3');
    await manager.open('Servers');
    await page.getByRole('link', { name: 'Survival', exact: true }).click();
    await page.getByRole('region', { name: 'Delivery report' }).getByText(/p95/).waitFor();
    await page.getByRole('link', { name: 'Give purchases again' }).click();
    await manager.heading('Survival was wiped').waitFor();
    await page.getByLabel('Statue', { exact: true }).check();
    await manager.button('Preview').click();
    await page.getByRole('heading', { name: '3 commands for 3 players' }).waitFor();
    await page.getByText('statue Wiped_2').waitFor();
    await page.getByLabel('Type Survival to confirm').fill('surviving');
    await manager.button('Give 3 commands again').click();
    await page.getByText('Nothing was started.').waitFor();
    await page.getByLabel('Type Survival to confirm').fill('Survival');
    await manager.button('Give 3 commands again').click();
    await manager.heading('Wipe of Survival').waitFor();
    await page.evaluate(() => { globalThis.neverReloaded = true; });
    const progress = page.getByRole('region', { name: 'Progress' });
    await progress.getByText('3 of 3').waitFor();
    await progress.getByText('Nothing is left to send.').waitFor();
    assert.equal(await page.evaluate(() => globalThis.neverReloaded), true, 'the page was not reloaded');
    for (const username of ['Wiped_1', 'Wiped_2', 'Wiped_3']) {
      await survival.received.first(2, `${username} again`, (it) => it.command === `statue ${username}`);
    }
    // The browser itself notes the status of the answer to the wrong name.
    assert.deepEqual(manager.visitor.troubles.filter((it) => !it.includes('400 (Bad Request)')), []);
  });

  test('a command is added, put off, and cancelled in the calendar', async () => {
    const manager = await manage();
    const { page } = manager;
    const order = await demo.order('VIP', 'Planned_1');
    await manager.openOrder(order.number);
    await page.getByRole('link', { name: 'Add a command' }).click();
    await page.getByLabel('Command, without the slash').fill('say later {player}');
    await page.getByLabel('Where').selectOption({ label: 'Survival' });
    await page.getByLabel('Delay in seconds').fill('7200');
    await manager.button('Add command').click();
    await page.getByText('The command is queued.').waitFor();
    await manager.commands.getByText('Delayed', { exact: true }).waitFor();
    await manager.open('Calendar');
    await page.getByText('say later Planned_1').waitFor();
    await manager.button(/^Cancel ?: Runs on Survival, Planned_1/).click();
    await page.getByText('The command is cancelled. It will not run.').waitFor();
    assert.equal(await page.getByText('say later Planned_1').count(), 0);
  });
});

describe('keys of the API', () => {
  for (const javaScriptEnabled of [true, false]) {
    test(`are made, used and revoked (${javaScriptEnabled ? 'with' : 'without'} JavaScript)`, async () => {
      const manager = await manage({ javaScriptEnabled });
      const { page } = manager;
      const name = `Bot ${javaScriptEnabled}`;
      const call = (method, where, key) => fetch(`${demo.url}/api/v1${where}`, { method, headers: { 'X-Api-Key': key } });
      await manager.open('API keys');
      await page.getByRole('link', { name: 'Create API key' }).click();
      await manager.heading('New API key').waitFor();
      await manager.field('Name').fill(name);
      await page.getByLabel('View everything').check();
      if (javaScriptEnabled) {
        assert.ok(await page.getByLabel('View orders').isChecked(), 'the whole column is ticked');
        await page.getByLabel('View bans').uncheck();
        assert.equal(await page.getByLabel('View everything').isChecked(), false);
      }
      await manager.button('Create API key').click();
      const shown = page.getByRole('region', { name: 'Your key' });
      const key = /flx_[a-z0-9]{8}_[A-Za-z0-9]{32}/.exec(await shown.innerText())[0];
      assert.equal((await call('GET', '/orders', key)).status, 200);
      assert.equal((await call('POST', '/orders', key)).status, 403, 'it may only look');
      assert.equal((await call('GET', '/bans', key)).status, javaScriptEnabled ? 403 : 200);
      await manager.open('API keys');
      assert.ok(!(await page.content()).includes(key.slice(20)), 'it is shown once');
      await page.getByRole('link', { name }).click();
      await page.getByLabel(`Type ${name} to revoke it`).fill(name);
      await manager.button('Revoke this key').click();
      await page.getByText('The key is revoked.').waitFor();
      assert.equal((await call('GET', '/orders', key)).status, 401);
      assert.deepEqual(manager.visitor.troubles, []);
    });
  }

  test('make checkouts that return to an origin, once it is added', async () => {
    const manager = await manage({ screen: SCREENS.phone });
    const { page } = manager;
    await page.goto(`${demo.dashboardUrl}/demo/keys`);
    await manager.field('Origin').fill('https://thanks.example/done');
    await manager.button('Add origin').click();
    await page.getByRole('alert').getByText('Write an origin such as').waitFor();
    await manager.field('Origin').fill('https://thanks.example');
    await manager.button('Add origin').click();
    await page.getByText('The origin is added.').waitFor();
    const urls = { successUrl: 'https://thanks.example/done', cancelUrl: 'https://thanks.example/basket' };
    const session = await demo.checkout('VIP', 'Origin_1', urls);
    assert.match(session.id, /^cs_/);
    await manager.button('Remove https://thanks.example').click();
    await page.getByText('The origin is removed.').waitFor();
  });
});

describe('a gift card', () => {
  test('is made, shown to who asks, and spent', async () => {
    const manager = await manage();
    const { page } = manager;
    await manager.open('Gift cards');
    await page.getByRole('link', { name: /^(New|Make the first) gift card$/ }).click();
    await manager.heading('New gift card').waitFor();
    await page.getByLabel('Amount in EUR').fill('100.00');
    await manager.field('Recipient').fill('Giftee');
    await page.getByRole('radio', { name: 'Some categories' }).check();
    await page.getByRole('checkbox', { name: 'Ranks' }).check();
    await manager.button('Make gift card').click();
    await manager.heading('Gift card for Giftee').waitFor();
    await page.getByText('Nobody in this dashboard yet.').waitFor();
    await manager.button('Show code').click();
    await manager.button('Copy the code').waitFor();
    const shown = page.getByRole('region', { name: 'Code', exact: true });
    const code = /[0-9A-Z]{4}(-[0-9A-Z]{4}){4}/.exec(await shown.innerText())[0];
    await page.getByRole('region', { name: 'Who has seen the code' }).getByText('just now').waitFor();
    const card = page.url();

    const shopper = new Shopper((await arrive()).page, demo, 'Giftee');
    await shopper.checkOutVip();
    await shopper.page.getByText('Add a code').click();
    await shopper.page.getByLabel('Gift card code', { exact: true }).fill(code.toLowerCase());
    await shopper.button('Apply gift card code').click();
    await shopper.button(/^Remove/).waitFor();
    await shopper.button('Pay with your gift card').click();
    await shopper.seesReceipt();

    await page.goto(card);
    await page.getByText('Spent, order').waitFor();
    assert.ok(!(await page.content()).includes(code));
    await page.getByRole('link', { name: /^order #/ }).first().click();
    await page.getByRole('link', { name: 'Gift card', exact: true }).waitFor();
    assert.deepEqual(manager.visitor.troubles, []);
  });
});
