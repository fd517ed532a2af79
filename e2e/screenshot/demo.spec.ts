import { expect, test } from '../fixtures.ts';

test.use({ viewport: { width: 1200, height: 900 }, deviceScaleFactor: 2 });

test('the demo after a few calls', async ({ demo }) => {
  // As a user of `make demo` sees it, with the backend where the page expects it.
  await demo.page.goto('/');
  await demo.isOpen();
  await demo.page.getByTestId('say-hello').click();
  await expect(demo.page.getByTestId('hello-reply')).toContainText('Hello, ');
  await demo.call('ticker', { count: 3, interval_ms: 100 });
  await expect(demo.pushes).toHaveCount(3);
  await demo.page.screenshot({ path: '../docs/demo.png', animations: 'disabled' });
});
