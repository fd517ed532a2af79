import { CONNECTION_FAILED, expect, test } from '../fixtures.ts';
import type { Demo } from '../pages/demo.ts';
import { backendUrl } from '../support/ports.ts';

/** Half an hour goes by for the page: whatever it had planned, it has done. */
async function longAfter(demo: Demo): Promise<void> {
  await demo.page.clock.fastForward('30:00');
}

test('a manual close stops everything, and reconnect starts it again', async ({ demo, page }) => {
  await page.clock.install();
  await demo.open(backendUrl(), { heartbeatRate: 1_000 });
  await demo.press('close');
  await expect(demo.state).toHaveText('closed: closed by the app');
  await expect.poll(() => demo.link.closed).toBe(true);
  const pings = demo.link.pings.length;
  await longAfter(demo);
  expect(demo.links).toHaveLength(1);
  expect(demo.link.pings).toHaveLength(pings);
  expect(await demo.call('echo', 1)).toEqual({
    status: 'not sent',
    reply: 'not sent: the socket is closed: closed by the app',
  });

  await demo.press('reconnect');
  await demo.isOpen();
  expect(demo.links).toHaveLength(2);
});

test('a manual close during the delay before an attempt holds', async ({ demo, page, backend, allowErrors }) => {
  allowErrors(CONNECTION_FAILED);
  await page.clock.install();
  await demo.open(backend.url(), { backoffBase: 60_000, backoffMax: 60_000 });
  await backend.kill();
  await expect(demo.state).toHaveText(/^backoff/);
  await demo.press('close');
  await backend.start();
  await longAfter(demo);
  await expect(demo.state).toHaveText('closed: closed by the app');
  expect(demo.links).toHaveLength(1);
});

test('a call in flight at a manual close ends as unknown', async ({ demo }) => {
  await demo.open(backendUrl());
  await demo.send('slow', { ms: 60_000 });
  await expect(demo.inFlight).toHaveText('1');
  await demo.press('close');
  expect(await demo.answer()).toEqual({
    status: 'outcome unknown',
    reply: 'outcome unknown: the socket was closed before the reply came',
  });
});

test('a code of the application is no reason to stay away', async ({ demo }) => {
  await demo.open(backendUrl(), { backoffBase: 1 });
  await demo.send('closeMe', { code: 4000 });
  await expect.poll(() => demo.links.length).toBe(2);
  await demo.isOpen();
  expect(await demo.answer()).toMatchObject({ status: 'outcome unknown' });
});

test('a code of the application is final where the options say so', async ({ demo }) => {
  await demo.open(backendUrl(), { closeRules: { '4400-4499': 'stop' } });
  await demo.send('closeMe', { code: 4403 });
  await expect(demo.state).toHaveText('closed: refused by the server with code 4403');
  await expect(demo.diagnosis).toHaveText('Likely: the server refuses this client with code 4403.');
});

test.describe('on uvicorn, which can close with any code,', () => {
  test.use({ server: 'uvicorn' });

  test('a policy close is final', async ({ demo, page, backend }) => {
    await page.clock.install();
    await demo.open(backend.url());
    await demo.send('closeMe', { code: 1008 });
    await expect(demo.state).toHaveText('closed: refused by the server with code 1008 (refused by policy)');
    await longAfter(demo);
    expect(demo.links).toHaveLength(1);
  });

  test('a server error is not', async ({ demo, backend }) => {
    await demo.open(backend.url(), { backoffBase: 1 });
    await demo.send('closeMe', { code: 1011 });
    await expect.poll(() => demo.links.length).toBe(2);
    await demo.isOpen();
  });

  test('a link that is refused right after it was accepted does not loop for ever', async ({ demo, backend }) => {
    await demo.goto(backend.url('/ws/denyafter/?code=4403'), { maxReconnectAttempts: 3, backoffBase: 10 });
    await expect(demo.state).toHaveText('closed: gave up after 3 attempts to reconnect');
    expect(demo.links).toHaveLength(1 + 3);
  });
});
