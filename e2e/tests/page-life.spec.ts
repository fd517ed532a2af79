import { expect, test } from '../fixtures.ts';
import { Demo } from '../pages/demo.ts';
import { ssrPort } from '../support/ports.ts';

// Playwright switches it off.
test.use({
  launchOptions: [
    async ({ launchOptions }, use) => use({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
    { scope: 'worker' },
  ],
});

test('a page that comes back from the back-forward cache is live at once', async ({ demo, page, context, backend }) => {
  // With these delays only an attempt that is made at once comes in time.
  await demo.open(backend.url(), { backoffBase: 600_000, backoffMax: 600_000 });
  await page.evaluate(() => {
    addEventListener('pageshow', (event) => Object.assign(window, { persisted: event.persisted }));
  });
  await page.goto(`http://127.0.0.1:${ssrPort}/`);
  const observer = new Demo(await context.newPage());
  await observer.open(backend.url());
  await expect.poll(async () => (await observer.whoAmI()).open_links).toBe(1);
  await page.goBack({ waitUntil: 'commit' });
  await demo.isOpen();
  // Otherwise the page was loaded anew, and nothing is proved.
  expect(await page.evaluate(() => Reflect.get(window, 'persisted'))).toBe(true);
  expect(await demo.call('echo', 1)).toEqual({ status: '200', reply: '1' });
});
