import type { Config } from '../pages/demo.ts';
import { backendUrl } from '../support/ports.ts';
import { expect, test } from './fixtures.ts';
import { Console } from './pages/console.ts';
import { id } from './pages/page.ts';

const FAST: Config = { maxReconnectAttempts: null, backoffBase: 100, backoffMax: 300 };

test('a call gets its reply, or an error with a status', async ({ newTab }) => {
  const page = new Console(await newTab());
  await page.open(backendUrl());
  await page.tab.fill(id('hello-name'), 'Alireza');
  await page.tab.click(id('say-hello'));
  await page.shows(id('hello-reply'), 'Hello, Alireza!');
  expect(await page.call('add', { a: 2, b: 40 })).toEqual({ status: '200', reply: '42' });
  expect(JSON.parse((await page.call('echo', 'é😀')).reply)).toBe('é😀');
  expect(await page.call('noSuchRoute')).toEqual({ status: '404', reply: 'null' });
  expect(await page.call('fail', { kind: 'KeyError' })).toEqual({ status: '400', reply: 'null' });
  expect((await page.call('big', { bytes: 70_000 })).reply).toHaveLength(70_002);
  expect(await page.pushes(), 'a reply is not a push').toEqual([]);
});

test('pushes arrive, all and in order', async ({ newTab }) => {
  const page = new Console(await newTab());
  await page.open(backendUrl());
  await page.call('ticker', { count: 50, interval_ms: 2 });
  await page.shows(id('push-count'), '50');
  const latestFirst = Array.from({ length: 50 }, (_, n) => expect.stringMatching(new RegExp(`tick\\s*{"n": ${50 - n}}`)));
  expect(await page.pushes()).toEqual(latestFirst);
});

test('a healthy link is kept for many beats', async ({ newTab }) => {
  const page = new Console(await newTab());
  await page.open(backendUrl(), { heartbeatRate: 100, heartbeatTimeoutDuration: 2_000 });
  const { link } = await page.whoAmI();
  await expect.poll(async () => (await page.whoAmI()).pings, { intervals: [100] }).toBeGreaterThanOrEqual(10);
  expect((await page.whoAmI()).link).toBe(link);
  await page.shows(id('latency'), /^\d+ ms$/);
  expect(await page.pushes(), 'a pong is not a push').toEqual([]);
});

test('a server that goes silent on an open link is found out, and the link is replaced', async ({ newTab }) => {
  const page = new Console(await newTab());
  const beats = { heartbeatRate: 200, heartbeatTimeoutDuration: 200, busyTimeout: 400 };
  // A call that leaves before the first ping into the silence holds the link until its deadline.
  await page.open(backendUrl(), { ...beats, requestTimeout: 1_000, ...FAST });
  const { link } = await page.whoAmI();
  await page.call('silent');
  await expect.poll(async () => (await page.call('whoAmI')).reply, { intervals: [100] }).toMatch(/"open_links"/);
  expect((await page.whoAmI()).link).not.toBe(link);
});

test('a call without a reply in time ends, and its late reply reaches nobody', async ({ newTab }) => {
  const page = new Console(await newTab());
  await page.open(backendUrl(), { requestTimeout: 300 });
  const { status, reply } = await page.call('slow', { ms: 600 });
  expect(status).toBe('timeout');
  expect(reply).toMatch(/^outcome unknown: no reply within 0\.3\d* s$/);
  // Frames are handled in their order: this answer comes after the late one, or not in time itself.
  await expect.poll(() => page.call('echo', 'next')).toEqual({ status: '200', reply: '"next"' });
  expect(await page.pushes()).toEqual([]);
  await page.shows(id('state'), 'open');
});

test('a server that is killed and started again is found again, and what waited leaves', async ({ newTab, backend }) => {
  const page = new Console(await newTab());
  await page.open(backend.url(), FAST);
  const before = await page.whoAmI();
  await page.send('slow', { ms: 60_000 });
  await page.shows(id('in-flight'), '1');
  await backend.kill();
  expect(await page.answer()).toEqual({
    status: 'outcome unknown',
    reply: 'outcome unknown: the connection was lost with code 1006 (connection lost)',
  });
  await page.shows(id('state'), /^(backoff|connecting) \(attempt [1-9]/);
  await page.send('echo', 'waited');
  await page.shows(id('queued'), '1');

  await backend.start();
  expect(await page.answer()).toEqual({ status: '200', reply: '"waited"' });
  const after = await page.whoAmI();
  expect(after.link).not.toBe(before.link);
  expect(after.open_links, 'one link only').toBe(1);
});

test('a close code of the application arrives', async ({ newTab }) => {
  const page = new Console(await newTab());
  await page.open(backendUrl(), { closeRules: { '4400-4499': 'stop' } });
  await page.send('closeMe', { code: 4403 });
  await page.shows(id('state'), 'closed: refused by the server with code 4403');
});
