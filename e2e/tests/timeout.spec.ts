import { CONNECTION_FAILED, expect, test } from '../fixtures.ts';
import { backendUrl } from '../support/ports.ts';

test('a call without a reply in time ends, and its late reply reaches nobody', async ({ demo }) => {
  await demo.open(backendUrl(), { requestTimeout: 300 });
  const { status, reply } = await demo.call('slow', { ms: 800 });
  expect(status).toBe('timeout');
  expect(reply).toMatch(/^outcome unknown: no reply within 0\.3\d* s$/);
  await expect(demo.inFlight).toHaveText('0');

  await expect.poll(() => demo.link.received.filter(({ route }) => route === 'slow').length).toBe(1);
  expect(await demo.call('echo', 'next')).toEqual({ status: '200', reply: '"next"' });
  await expect(demo.pushes).toHaveCount(0);
  await expect(demo.state).toHaveText('open');
});

test('without the queue manager a call waits for as long as it takes', async ({ demo }) => {
  await demo.open(backendUrl(), { requestTimeout: 100, queManager: false });
  expect(await demo.call('slow', { ms: 600 })).toEqual({ status: '200', reply: '{"ms": 600}' });
});

test('a call that finds no link in time was never sent', async ({ demo, allowErrors, backend }) => {
  allowErrors(CONNECTION_FAILED);
  await demo.open(backend.url(), { requestTimeout: 300, maxReconnectAttempts: null, backoffBase: 60_000, backoffMax: 60_000 });
  await backend.kill();
  await expect(demo.state).toHaveText(/^backoff/);
  const { status, reply } = await demo.call('echo', 1);
  expect(status).toBe('timeout');
  expect(reply).toMatch(/^not sent: no connection within 0\.3\d* s$/);
});
