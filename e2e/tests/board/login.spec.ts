import { expect, test } from '../../board-fixtures.ts';
import { Board } from '../../pages/board.ts';

test('whoever signs in sees the jobs, also after a reload, and not after signing out', async ({ page, boardServer }) => {
  const board = new Board(page, boardServer.url);
  await board.goto();
  await expect(page.getByRole('list')).toHaveCount(0);
  await board.signIn('Ann');
  await expect(page.getByTestId('who')).toHaveText('Ann');
  await page.reload();
  await board.isLive();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Your name')).toBeVisible();
  await expect(board.job(1)).toHaveCount(0);
});

test('the drivers move on the map', async ({ tab }) => {
  const { page } = await tab('Ann');
  const amira = page.locator('.dot[data-driver="1"]');
  await expect(amira).toHaveAttribute('style', /translate/);
  const before = await amira.getAttribute('style');
  await expect(amira).not.toHaveAttribute('style', before ?? '');
});

test('the console is one link away', async ({ tab }) => {
  const { page } = await tab('Ann');
  await page.getByRole('link', { name: 'console' }).click();
  await expect(page.getByRole('heading', { name: 'leptos-socket' })).toBeVisible();
  await page.getByRole('link', { name: 'To the dispatch board' }).click();
  await expect(page.getByRole('heading', { name: 'jobs' })).toBeVisible();
});

test.describe('with tokens that last two seconds', () => {
  test.use({ boardEnv: { TOKEN_SECONDS: '2' } });

  test('a token that has expired is replaced, and nobody notices', async ({ tab }) => {
    const [ann, ben] = [await tab('Ann'), await tab('Ben')];
    // One comes each second.
    await expect.poll(() => ann.received('positions').length).toBeGreaterThan(4);
    await ann.statusOf(2).selectOption('On the way');
    await expect(ben.statusOf(2)).toHaveValue('On the way');
    await expect(ann.saving).toBeEmpty();
    expect(ann.sent('refreshToken').length).toBeGreaterThan(0);
    const edits = ann.sent('editJob');
    expect(edits.map(({ uuid }) => uuid)).toEqual([edits[0]?.uuid, edits[0]?.uuid]);
    expect(edits[1]?.headers?.token, 'sent again with a new token').not.toBe(edits[0]?.headers?.token);
    await expect(ann.toasts).toHaveCount(0);
  });
});
