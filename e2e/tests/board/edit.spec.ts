import { CONNECTION_FAILED, expect, test } from '../../board-fixtures.ts';

test('what one dispatcher changes, the other sees', async ({ tab }) => {
  const [ann, ben] = [await tab('Ann'), await tab('Ben')];
  await ann.driverOf(3).selectOption('Dev');
  await expect(ben.driverOf(3).locator('option:checked')).toHaveText('Dev');
  await ben.statusOf(3).selectOption('On the way');
  await expect(ann.statusOf(3)).toHaveValue('On the way');

  await ann.open(3);
  await ann.rename('Contracts');
  await expect(ben.job(3)).toHaveText('Contracts');
  await ann.close();
  await expect(ann.job(3), 'the focus is where it was').toBeFocused();
});

test('an edit that the server refuses is undone, and a message says why', async ({ tab }) => {
  const ann = await tab('Ann');
  // Bo has as many as a driver can have.
  await ann.driverOf(8).selectOption('Bo');
  await expect(ann.toasts).toHaveText([/Job 8 was not changed\. Bo has 3 jobs already\./]);
  await expect(ann.driverOf(8).locator('option:checked')).toHaveText('No driver');
  await ann.page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(ann.toasts).toHaveCount(0);

  await ann.open(8);
  await ann.rename(' ');
  await expect(ann.toasts).toHaveText([/The title must not be empty\./]);
  await expect(ann.page.getByLabel('Title')).toHaveValue('Spare key');
});

test('an edit that is made while the link is cut is not lost', async ({ tab, boardServer, allowErrors }) => {
  allowErrors(CONNECTION_FAILED);
  const [ann, ben] = [await tab('Ann'), await tab('Ben')];
  await boardServer.kill();
  await ann.isCut();
  await ann.statusOf(2).selectOption('On the way');
  await ann.driverOf(3).selectOption('Dev');
  await expect(ann.saving).toHaveText('2 changes wait for the connection');
  await expect(ann.statusOf(2)).toHaveValue('On the way');

  await boardServer.start();
  for (const tab of [ann, ben]) await tab.isLive();
  await expect(ben.statusOf(2)).toHaveValue('On the way');
  await expect(ben.driverOf(3).locator('option:checked')).toHaveText('Dev');
  await expect(ann.saving).toBeEmpty();
});
