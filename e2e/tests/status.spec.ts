import { CONNECTION_FAILED, test as base, expect } from '../fixtures.ts';
import { Status } from '../pages/status.ts';
import { Example } from '../support/example.ts';

const test = base.extend<{ example: Example; status: Status }>({
  example: async ({ context, allowErrors }, use) => {
    // The test kills it.
    allowErrors(CONNECTION_FAILED);
    const example = await Example.start();
    await use(example);
    await Promise.allSettled(context.pages().map((page) => page.close()));
    await example.kill();
  },

  status: async ({ page, example }, use) => {
    await page.goto(example.url);
    const status = new Status(page);
    await expect(status.text).toHaveText('online');
    await use(status);
  },
});

test('a server that is gone is said to be so, with the time of the next attempt, until it is back', async ({
  status,
  example,
}) => {
  await example.kill();
  await expect(status.text).toHaveText('no connection, trying again');
  await expect(status.countdown).toHaveText(/next attempt in \d+ s/);
  await example.start();
  await expect(status.text).toHaveText('online', { timeout: 20_000 });
  await expect(status.countdown).toHaveCount(0);
  await expect(status.tryNow).toHaveCount(0);
});

test('a server that restarts quickly is not said to be gone', async ({ status, example, page }) => {
  await status.record();
  await example.kill();
  await example.start();
  await expect(page.getByTestId('state')).toHaveText('open');
  await page.getByTestId('say-hello').click();
  await expect(page.getByTestId('hello')).toHaveText('Hello, World!');
  const said = await status.said();
  // The first attempt comes within a second; a slow machine may need a second one.
  expect([[], ['no connection, trying again', 'online']]).toContainEqual(said);
});

test('"Try now" keeps the focus while it tries', async ({ status, example }) => {
  await example.kill();
  await expect(status.text).toHaveText('no connection, trying again');
  await status.tryNow.focus();
  await status.record();
  for (let press = 0; press < 3; press += 1) {
    await status.page.keyboard.press('Enter');
    await expect(status.tryNow).toBeFocused();
  }
  expect(await status.said()).toEqual([]);
  await example.start();
  await status.page.keyboard.press('Enter');
  await expect(status.text).toHaveText('online');
  expect(await status.said()).toEqual(['online']);
});

test('without a network the page says so, and is back as soon as the network is', async ({ status, example, context }) => {
  await example.kill();
  await expect(status.text).toHaveText('no connection, trying again');
  await context.setOffline(true);
  await expect(status.text).toHaveText('no network');
  await example.start();
  await context.setOffline(false);
  await expect(status.text).toHaveText('online');
});

test('a link that works is believed more than the browser', async ({ status, page, context }) => {
  await status.record();
  await context.setOffline(true);
  expect(await page.evaluate(() => navigator.onLine)).toBe(false);
  await context.setOffline(false);
  await page.getByTestId('say-hello').click();
  await expect(page.getByTestId('hello')).toHaveText('Hello, World!');
  expect(await status.said()).toEqual([]);
});

// There is no event for what was so before.
base('a page that is opened without a network says so from its first attempt on', async ({ demo, page, allowErrors }) => {
  allowErrors(CONNECTION_FAILED);
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false }));
  await demo.goto('ws://127.0.0.1:9/ws/app/');
  await expect(demo.diagnosis).toContainText('network');
});
