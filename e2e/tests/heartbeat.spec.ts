import { expect, test } from '../fixtures.ts';
import { backendUrl } from '../support/ports.ts';

test('a healthy link is kept for many beats', async ({ demo }) => {
  await demo.open(backendUrl(), { heartbeatRate: 200, heartbeatTimeoutDuration: 150 });
  await expect.poll(() => demo.link.pings.length).toBeGreaterThanOrEqual(15);
  // This backend answers PING with PING. Neither is for the app.
  expect(demo.link.received.map(({ route }) => route)).toContain('PING');
  expect(demo.links).toHaveLength(1);
  expect(demo.link.closed).toBe(false);
  await expect(demo.pushes).toHaveCount(0);
  await expect(demo.latency).toHaveText(/^\d+ ms$/);
});

test('a server that goes silent on an open link is found out, and the link is replaced', async ({ demo }) => {
  await demo.open(backendUrl(), { heartbeatRate: 200, heartbeatTimeoutDuration: 200, backoffBase: 1 });
  const before = await demo.whoAmI();
  await demo.call('silent');
  await expect.poll(() => demo.links.length).toBe(2);
  await demo.isOpen();
  expect((await demo.whoAmI()).link).not.toBe(before.link);
});

test('a server that is busy with a call is slow, and not dead', async ({ demo }) => {
  await demo.open(backendUrl(), { heartbeatRate: 100, heartbeatTimeoutDuration: 200, busyTimeout: 20_000 });
  await demo.send('slow', { ms: 1_500 });
  await expect(demo.state).toHaveText('open (slow)');
  expect(await demo.answer()).toEqual({ status: '200', reply: '{"ms": 1500}' });
  await demo.isOpen();
  expect(demo.links).toHaveLength(1);
});

test('pings carry the global headers, as all messages do', async ({ demo }) => {
  await demo.open(backendUrl(), { globalHeaders: { token: 'XYZ' } });
  await expect.poll(() => demo.link.pings.length).toBeGreaterThan(0);
  expect(demo.link.pings[0]?.headers).toEqual({ token: 'XYZ' });
});
