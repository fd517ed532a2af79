import { expect, test } from '../fixtures.ts';
import { backendUrl } from '../support/ports.ts';

test.beforeEach(({ demo }) => demo.open(backendUrl()));

test('every push arrives, in order, and no reply among them', async ({ demo, page }) => {
  await demo.call('ticker', { count: 50, interval_ms: 2 });
  await expect(page.getByTestId('push-count')).toHaveText('50');
  const latestFirst = Array.from({ length: 50 }, (_, n) => new RegExp(`tick\\s*{"n": ${50 - n}}`));
  await expect(demo.pushes).toHaveText(latestFirst);
});

test('a push with a uuid of the server is a push', async ({ demo }) => {
  await demo.call('ticker', { count: 3, interval_ms: 1, uuid: true });
  await expect(demo.pushes).toHaveCount(3);
});

test('a push that overtakes the reply harms neither', async ({ demo }) => {
  expect(await demo.call('pushOnce', { payload: 'first' })).toEqual({ status: '200', reply: 'null' });
  await expect(demo.pushes).toHaveText([/pushed\s*"first"/]);
});
