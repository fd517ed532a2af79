import { expect, test } from '../fixtures.ts';
import { backendUrl } from '../support/ports.ts';

// Playwright switches it off.
test.use({
  launchOptions: [
    async ({ launchOptions }, use) => use({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
    { scope: 'worker' },
  ],
});

test('a page that comes back from the back-forward cache is live at once', async ({ demo, page }) => {
  // With these delays only an attempt that is made at once comes in time.
  await demo.open(backendUrl(), { backoffBase: 600_000, backoffMax: 600_000 });
  await page.evaluate(() => {
    addEventListener('pageshow', (event) => Object.assign(window, { persisted: event.persisted }));
  });
  const link = demo.link;
  await page.goto('about:blank');
  await expect.poll(() => link.closed).toBe(true);
  await page.goBack();
  await demo.isOpen();
  // Otherwise the page was loaded anew, and nothing is proved.
  expect(await page.evaluate(() => Reflect.get(window, 'persisted'))).toBe(true);
  expect(await demo.call('echo', 1)).toEqual({ status: '200', reply: '1' });
});
