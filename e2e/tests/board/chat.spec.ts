import { CONNECTION_FAILED, expect, test } from '../../board-fixtures.ts';

test('what is said about a job is seen there, and nowhere else', async ({ tab }) => {
  const [ann, ben, cem] = [await tab('Ann'), await tab('Ben'), await tab('Cem')];
  await ann.open(1);
  await ben.open(1);
  await cem.open(2);
  await ann.say('The gate is locked');
  await expect(ben.lines).toHaveText(['The gate is locked']);
  await ben.say('Ring twice');
  await expect(ann.lines).toHaveText(['The gate is locked', 'Ring twice']);

  await cem.say('Mind the stairs');
  await expect(cem.lines).toHaveText(['Mind the stairs']);
  await ann.open(2);
  await expect(ann.lines).toHaveText(['Mind the stairs']);
  await expect(ben.lines).toHaveText(['The gate is locked', 'Ring twice']);
});

test('a line that is typed while the link is cut reaches its job, though another one is open by then', async ({
  tab,
  boardServer,
  allowErrors,
}) => {
  allowErrors(CONNECTION_FAILED);
  const ann = await tab('Ann');
  await ann.open(1);
  await ann.say('On my way');
  await expect(ann.lines).toHaveText(['On my way']);
  await boardServer.kill();
  await ann.isCut();
  await ann.say('Two minutes');
  await ann.open(2);
  await expect(ann.lines).toHaveCount(0);

  await boardServer.start();
  await ann.isLive();
  await expect(ann.page.getByText('Nobody has said anything')).toBeVisible();
  await ann.open(1);
  await expect(ann.lines).toHaveText(['On my way', 'Two minutes']);
});
