import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { Demo } from '../pages/demo.ts';
import { Status } from '../pages/status.ts';
import { ssrPort } from '../support/ports.ts';

// Playwright switches it off.
test.use({
  launchOptions: [
    async ({ launchOptions }, use) => use({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
    { scope: 'worker' },
  ],
});

const noteIfPersisted = (page: Page) =>
  page.evaluate(() => {
    addEventListener('pageshow', (event) => Object.assign(window, { persisted: event.persisted }));
  });

/** Otherwise the page was loaded anew, and nothing is proved. */
const wasPersisted = (page: Page) => page.evaluate(() => Reflect.get(window, 'persisted'));

test('a page that comes back from the back-forward cache is live at once', async ({ demo, page, context, backend }) => {
  // With these delays only an attempt that is made at once comes in time.
  await demo.open(backend.url(), { backoffBase: 600_000, backoffMax: 600_000 });
  await noteIfPersisted(page);
  await page.goto(`http://127.0.0.1:${ssrPort}/`);
  const observer = new Demo(await context.newPage());
  await observer.open(backend.url());
  await expect.poll(async () => (await observer.whoAmI()).open_links).toBe(1);
  await page.goBack({ waitUntil: 'commit' });
  await demo.isOpen();
  expect(await wasPersisted(page)).toBe(true);
  expect(await demo.call('echo', 1)).toEqual({ status: '200', reply: '1' });
});

test('a page that comes back does not say that the connection was lost', async ({ page, demo, backend }) => {
  const status = new Status(page);
  await page.goto(`http://127.0.0.1:${ssrPort}/`);
  await expect(status.text).toHaveText('online');
  await status.record();
  await noteIfPersisted(page);
  await demo.open(backend.url());
  // Longer than a loss may last unseen.
  await page.waitForFunction((start) => Date.now() - start > 1_500, Date.now());
  await page.goBack({ waitUntil: 'commit' });
  await expect(page.getByTestId('state')).toHaveText('open');
  expect(await wasPersisted(page)).toBe(true);
  expect(await status.said()).toEqual([]);
  await expect(status.text).toHaveText('online');
});
