import { expect, test } from '../../chaos-fixtures.ts';
import { Board } from '../../pages/board.ts';
import { expectNoFaults } from '../../support/axe.ts';

// axe looks at a page for some seconds.
test.describe.configure({ timeout: 60_000 });

const PHONE = { width: 390, height: 844 };

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('axe finds nothing on any page', async ({ page, boardServer }) => {
      const board = new Board(page, boardServer.url);
      await board.goto();
      await expect(board.status).toHaveText('online');
      await expectNoFaults(page);
      await board.signIn('Ann');
      await expect(page.locator('.dot')).toHaveCount(5);
      await expectNoFaults(page);
      await board.driverOf(8).selectOption('Bo');
      await expect(board.toasts).toHaveCount(1);
      await board.open(1);
      await board.say('The gate is locked');
      await expect(board.lines).toHaveCount(1);
      await expectNoFaults(page);
      await page.setViewportSize(PHONE);
      await expectNoFaults(page);
      await page.getByRole('link', { name: 'console' }).click();
      await expect(page.getByRole('heading', { name: 'Console' })).toBeVisible();
      await expectNoFaults(page);
    });

    test('axe finds nothing in the chaos bar', async ({ chaosTab }) => {
      const ann = await chaosTab('Ann');
      await expectNoFaults(ann.page);
      await ann.cause('Cut the link', 'back after');
      await ann.cause('Offline', 'silenced');
      await expectNoFaults(ann.page);
      await ann.page.setViewportSize(PHONE);
      await expectNoFaults(ann.page);
      await ann.toggle.click();
      await expectNoFaults(ann.page);
    });
  });
}

test('all of it works with the keyboard', async ({ tab }) => {
  const { page } = await tab('Ann');
  await page.getByRole('link', { name: 'Wedding flowers' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Job 1' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: 'Wedding flowers' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Driver of job 1')).toBeFocused();
});
