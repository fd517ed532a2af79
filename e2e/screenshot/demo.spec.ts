import { expect, test } from '../board-fixtures.ts';

test.use({ viewport: { width: 1280, height: 940 }, deviceScaleFactor: 2 });

test('the board, with a job that is talked about', async ({ tab }) => {
  const [ann, ben] = [await tab('Ann'), await tab('Ben')];
  await ann.open(1);
  await ben.open(1);
  await ben.say('The gate of the orangery is locked. Who has the key?');
  await ann.say('Ring twice, they will come down.');
  await expect(ann.lines).toHaveCount(2);
  // Their trails are long enough to be seen.
  await expect.poll(() => ann.received('positions').length, { timeout: 20_000 }).toBeGreaterThan(10);
  await ann.page.getByRole('heading', { name: 'jobs' }).hover();
  await ann.page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await ann.page.screenshot({ path: '../docs/demo.png', animations: 'disabled' });
});
