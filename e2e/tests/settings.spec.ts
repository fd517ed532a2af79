import { expect, test } from '../fixtures.ts';

test('a URL that no socket can have is an error on the page, and no more', async ({ demo }) => {
  await demo.goto('http://127.0.0.1/');
  await expect(demo.error).toHaveText('the URL must start with ws://, wss:// or /');
  expect(demo.links).toHaveLength(0);
});

test('an option that does not exist is named', async ({ demo, page }) => {
  await page.goto('/?config={"heartBeatRate":1}');
  await expect(demo.error).toContainText('unknown field `heartBeatRate`');
});

test('an option that makes no sense is named', async ({ demo }) => {
  await demo.goto('ws://127.0.0.1/', { heartbeatRate: 0 });
  await expect(demo.error).toContainText('`heartbeat_rate` must be more than zero');
});
