import { expect, test } from '../../board-fixtures.ts';
import { Board } from '../../pages/board.ts';
import { Inspector } from '../../pages/inspector.ts';
import { expectNoFaults } from '../../support/axe.ts';

test('no token of a login is shown or exported', async ({ page, boardServer }) => {
  const [board, inspector] = [new Board(page, boardServer.url), new Inspector(page)];
  await board.goto();
  await inspector.open();
  await board.signIn('Ann');
  const secrets = await page.evaluate(() => {
    const { token, refresh } = JSON.parse(sessionStorage.getItem('dispatch.pass') ?? '{}');
    return [token, refresh];
  });
  expect(secrets.every((secret) => typeof secret === 'string' && secret.length > 10)).toBe(true);
  await inspector.search.fill('Ann');
  await inspector.row('reply', 'login').click();
  await expect(inspector.detail.locator('pre')).toHaveText(/"token": "•••"/);
  const shown = `${await inspector.markup()}${await inspector.exported()}`;
  expect(shown).toContain('Ann');
  const recording = await inspector.exported('Export recording');
  expect(recording).toContain('getJobs');
  for (const secret of secrets) expect(shown + recording).not.toContain(secret);
});

test('queries are shown with their state and their users', async ({ tab }) => {
  const { page } = await tab('Ann');
  const inspector = new Inspector(page);
  await inspector.open();
  await inspector.tab('Queries');
  const jobs = inspector.panel.getByRole('row', { name: /^getJobs / });
  await expect(jobs).toContainText(/fresh\s*1/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('axe finds nothing in the inspector', async ({ tab }) => {
      // It looks at the whole page six times.
      test.slow();
      const board = await tab('Ann');
      const { page } = board;
      const inspector = new Inspector(page);
      await inspector.open();
      await board.driverOf(8).selectOption('Bo');
      await inspector.row('reply', 'editJob').click();
      await expectNoFaults(page);
      await inspector.tab('Calls');
      await expectNoFaults(page);
      await inspector.tab('Queries');
      await expectNoFaults(page);
      await page.setViewportSize({ width: 390, height: 844 });
      await inspector.tab('Messages');
      await expectNoFaults(page);
      await inspector.press('Hide the inspector');
      await expect(inspector.opener).toBeVisible();
      await expectNoFaults(page);
    });
  });
}
