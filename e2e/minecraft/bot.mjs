// A player: node bot.mjs PORT NAME. Joins the game and prints what it notices as lines of JSON. Writes
// lines of its standard input to the chat, and leaves when that ends, so that a test that died leaves
// no player behind.

import { createInterface } from 'node:readline';
import mineflayer from 'mineflayer';

const [port, username] = process.argv.slice(2);
const bot = mineflayer.createBot({
  host: '127.0.0.1', port: Number(port), username, auth: 'offline', version: '1.21.8', viewDistance: 'tiny', logErrors: false,
});

function tell(event, more) {
  console.log(JSON.stringify({ event, ...more }));
}

/** All of it each time, so that nothing is missed that changed before somebody looked. */
function tellInventory() {
  const items = {};
  for (const { name, count } of bot.inventory.items()) items[name] = (items[name] ?? 0) + count;
  tell('inventory', { items });
}

tell('started');
bot.once('connect', () => tell('connected'));
bot.once('login', () => bot.inventory.on('updateSlot', tellInventory));
bot.once('spawn', () => tell('joined', { uuid: bot.player.uuid }));
bot.on('messagestr', (text) => tell('chat', { text }));
bot.on('kicked', (reason) => tell('kicked', { reason }));
bot.on('error', (error) => tell('error', { message: error.message }));
bot.once('end', () => process.exit());
createInterface({ input: process.stdin }).on('line', (line) => bot.chat(line)).on('close', () => bot.quit());
