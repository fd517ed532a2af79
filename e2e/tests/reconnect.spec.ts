import { CONNECTION_FAILED, expect, test } from '../fixtures.ts';

const FAST = { maxReconnectAttempts: null, backoffBase: 100, backoffMax: 300 };

test.beforeEach(({ allowErrors }) => allowErrors(CONNECTION_FAILED));

test('a server that is killed and started again is found again', async ({ demo, backend }) => {
  await demo.open(backend.url(), FAST);
  const before = await demo.whoAmI();
  await backend.kill();
  await expect(demo.state).toHaveText(/^(backoff|connecting) \(attempt [1-9]/);

  await backend.start();
  await demo.isOpen();
  const after = await demo.whoAmI();
  expect(after.link).not.toBe(before.link);
  expect(after.open_links, 'one link only').toBe(1);
});

test('the time to the next attempt is counted down', async ({ demo, backend }) => {
  await demo.open(backend.url(), { backoffBase: 60_000, backoffMax: 60_000 });
  await backend.kill();
  await expect(demo.state).toHaveText('backoff (attempt 1)');
  await expect(demo.countdown).toHaveText(/^next attempt in \d+ s$/);
  const first = await demo.countdown.innerText();
  await expect(demo.countdown).not.toHaveText(first);
});

test('calls made in the meantime wait, and leave in order', async ({ demo, backend, page }) => {
  await demo.open(backend.url(), FAST);
  await backend.kill();
  await expect(demo.state).toHaveText(/^(backoff|connecting)/);
  await page.getByTestId('say-hello').click();
  await demo.send('echo', 'waited');
  await expect(demo.queued).toHaveText('2');

  await backend.start();
  expect(await demo.answer()).toEqual({ status: '200', reply: '"waited"' });
  await expect(page.getByTestId('hello-reply')).toHaveText('Hello, World!');
  const routes = demo.link.sent.map(({ route }) => route).filter((route) => route !== 'PING');
  expect(routes).toEqual(['sayHello', 'echo']);
});

test('a call in flight when the server dies ends as unknown', async ({ demo, backend }) => {
  await demo.open(backend.url(), FAST);
  await demo.send('slow', { ms: 60_000 });
  await expect(demo.inFlight).toHaveText('1');
  await backend.kill();
  expect(await demo.answer()).toEqual({
    status: 'outcome unknown',
    reply: 'outcome unknown: the connection was lost with code 1006 (connection lost)',
  });
});

test('when all attempts are spent the socket is closed, until reconnect', async ({ demo, backend }) => {
  await demo.open(backend.url(), { maxReconnectAttempts: 3, backoffBase: 20, backoffMax: 50 });
  await backend.kill();
  await expect(demo.state).toHaveText('closed: gave up after 3 attempts to reconnect');
  expect(demo.links).toHaveLength(1 + 3);
  const { status, reply } = await demo.call('echo', 1);
  expect(status).toBe('not sent');
  expect(reply).toBe('not sent: the socket is closed: gave up after 3 attempts to reconnect');

  await backend.start();
  await demo.press('reconnect');
  await demo.isOpen();
  expect(await demo.call('echo', 1)).toEqual({ status: '200', reply: '1' });
});

test('reconnect replaces a healthy link at once', async ({ demo, backend }) => {
  await demo.open(backend.url());
  const before = await demo.whoAmI();
  await demo.press('reconnect');
  await expect.poll(() => demo.links.length).toBe(2);
  await demo.isOpen();
  const after = await demo.whoAmI();
  expect(after.link).not.toBe(before.link);
  expect(after.open_links).toBe(1);
});

test('a server that is not there at first is found when it comes', async ({ demo, backend }) => {
  await backend.kill();
  await demo.goto(backend.url(), FAST);
  await expect(demo.diagnosis).toHaveText(/^Likely: the server could never be reached/);
  await backend.start();
  await demo.isOpen();
});
