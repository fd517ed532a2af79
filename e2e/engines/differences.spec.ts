import { backendUrl, freePort, ssrPort } from '../support/ports.ts';
import { DIFFERENCES } from './differences.ts';
import type { Tab } from './drivers/driver.ts';
import { test as base, expect } from './fixtures.ts';
import { Console } from './pages/console.ts';
import { id } from './pages/page.ts';

type Is = (difference: keyof typeof DIFFERENCES, observed: string) => void;

const test = base.extend<{ is: Is }>({
  is: async ({ engineName }, use) =>
    use((difference, observed) =>
      expect(observed, DIFFERENCES[difference].what).toBe(DIFFERENCES[difference][engineName]),
    ),
});

/** Opens a bare WebSocket in the page, and notes its events. */
function openSocket(url: string): void {
  const events: string[] = [];
  const socket = new WebSocket(url);
  Object.assign(window, { socket, events });
  socket.onopen = () => events.push('open');
  socket.onerror = () => events.push('error');
  // Whether it was clean is left to chance: the end of the connection may overtake the close frame.
  socket.onclose = ({ code }) => events.push(`close ${code}`);
}

/** Sends a thousand bytes on it, and says how much is buffered then. */
function send(message: object): number {
  const socket: WebSocket = Reflect.get(window, 'socket');
  socket.send(JSON.stringify(message).padEnd(1_000));
  return socket.bufferedAmount;
}

/** Its events, once they end with this one. */
async function eventsUntil(tab: Tab, last: RegExp): Promise<string> {
  const events = () => tab.evaluate(() => Reflect.get(window, 'events').join(', ') as string);
  await expect.poll(events, { intervals: [50] }).toMatch(last);
  return events();
}

async function blankTab(newTab: () => Promise<Tab>): Promise<Tab> {
  const tab = await newTab();
  // Any page of an http origin.
  await tab.goto(`http://127.0.0.1:${ssrPort}/`);
  return tab;
}

test('events of a bare socket when its server is killed', async ({ newTab, backend, is }) => {
  const tab = await blankTab(newTab);
  await tab.evaluate(openSocket, backend.url());
  await eventsUntil(tab, /open$/);
  await backend.kill();
  is('killed', await eventsUntil(tab, /close/));
});

test('events of a bare socket that nobody listens to', async ({ newTab, is }) => {
  const tab = await blankTab(newTab);
  await tab.evaluate(openSocket, `ws://127.0.0.1:${await freePort()}/`);
  is('refused', await eventsUntil(tab, /close/));
});

test.describe('on uvicorn', () => {
  test.use({ server: 'uvicorn' });

  test('which close codes of a server a bare socket sees', async ({ newTab, backend, is }) => {
    const tab = await blankTab(newTab);
    const changed: string[] = [];
    for (const code of [1000, 1001, 1008, 1011, 1012, 1013, 4403]) {
      await tab.evaluate(openSocket, backend.url());
      await eventsUntil(tab, /open$/);
      await tab.evaluate(send, { uuid: '1', route: 'closeMe', headers: null, payload: { code } });
      const seen = (await eventsUntil(tab, /close/)).replace(/.*close /, '');
      if (seen !== `${code}`) changed.push(`${code} as ${seen}`);
    }
    is('codes', changed.join(', ') || 'as they were sent');
  });
});

test('what a bare socket says is buffered', async ({ newTab, is }) => {
  const tab = await blankTab(newTab);
  await tab.evaluate(openSocket, backendUrl());
  await eventsUntil(tab, /open$/);
  const atOnce = await tab.evaluate(send, { uuid: '1', route: 'echo', headers: null, payload: null });
  const buffered = () => tab.evaluate(() => (Reflect.get(window, 'socket') as WebSocket).bufferedAmount);
  await expect.poll(buffered).toBe(0);
  is('buffered', `${atOnce}, then 0`);
});

test('a page that the user leaves and comes back to is live', async ({ newTab, backend, is }) => {
  const page = new Console(await newTab());
  // With these delays only an attempt that is made at once comes in time.
  await page.open(backend.url(), { backoffBase: 600_000, backoffMax: 600_000 });
  await page.tab.evaluate(() => {
    addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted }));
  });
  await page.tab.goto(`http://127.0.0.1:${ssrPort}/`);
  const observer = new Console(await newTab());
  await observer.open(backend.url());
  await expect.poll(async () => (await observer.whoAmI()).open_links, 'a page takes its link with it').toBe(1);
  await page.tab.back();
  await page.isOpen();
  expect(await page.call('echo', 1)).toEqual({ status: '200', reply: '1' });
  const isKept = await page.tab.evaluate(() => Reflect.get(window, 'persisted') === true);
  is('kept', isKept ? 'is kept as it was' : 'is loaded anew');
});

test('the freezing of pages', async ({ newTab, is }) => {
  const tab = await blankTab(newTab);
  is('freeze', (await tab.evaluate(() => 'onfreeze' in document)) ? 'yes' : 'no');
});

/** Counts in the page how often a timer of 50 ms fires within three seconds. */
function countTimers(): void {
  const end = performance.now() + 3_000;
  let fired = 0;
  const tick = () => {
    if (performance.now() > end) Object.assign(window, { fired });
    else setTimeout(tick, 50);
    fired += 1;
  };
  tick();
}

test('a tab behind another one keeps its link and hears pushes', async ({ newTab, is }) => {
  const page = new Console(await newTab({ hidden: true }));
  await page.open(backendUrl(), { heartbeatRate: 200, heartbeatTimeoutDuration: 2_000 });
  await page.tab.fill(id('route'), 'ticker');
  await page.tab.fill(id('payload'), '{"count": 20, "interval_ms": 100}');
  // A click of the driver's would bring the tab to the front.
  await page.tab.evaluate((send) => document.querySelector<HTMLElement>(send)?.click(), id('send'));
  await page.tab.evaluate(countTimers);
  const fired = () => page.tab.evaluate(() => (Reflect.get(window, 'fired') as number | undefined) ?? 0);
  await expect.poll(fired).toBeGreaterThan(0);
  await page.shows(id('push-count'), '20');
  await page.shows(id('state'), 'open');
  const isHidden = await page.tab.evaluate(() => document.hidden);
  is('hidden', !isHidden ? 'the driver cannot hide it' : (await fired()) > 10 ? 'fire in time' : 'fire once a second');
});
