import { expect, test } from '../../chaos-fixtures.ts';
import { ChaosBoard } from '../../pages/chaos.ts';

// The heartbeat takes its time.
test.describe.configure({ timeout: 60_000 });

/** The heartbeat has to notice first. */
const NOTICED = { timeout: 20_000 };

/** What was typed and not sent. No fault may take it away. */
const DRAFT = 'Wedding flowers, and a cake';

test('a link that is cut comes back, and what is typed meanwhile arrives', async ({ chaosTab }) => {
  const [ann, ben] = [await chaosTab('Ann'), await chaosTab('Ben')];
  const bens = ben.links.length;
  await ann.open(1);
  await ann.page.getByLabel('Title').fill(DRAFT);
  await expect(ann.proxy).toContainText('2 of this tab, 1 of others');
  await ann.cause('Cut the link', '2 links reset');
  await ann.statusOf(2).selectOption('On the way');
  await ann.say('Back in a minute');
  await expect(ann.report).toContainText(/link lost at once, back after \d/);
  await expect(ann.report).toContainText('2 changes saved');
  await expect(ben.statusOf(2)).toHaveValue('On the way');
  expect(ben.links, 'the other tab kept its link').toHaveLength(bens);
  await ben.open(1);
  await expect(ben.lines).toHaveText(['Back in a minute']);
  await expect(ann.page.getByLabel('Title')).toHaveValue(DRAFT);
});

test('a half-open link is noticed, and what it swallowed is sent again', async ({ chaosTab }) => {
  const [ann, ben] = [await chaosTab('Ann'), await chaosTab('Ben')];
  await ann.open(1);
  await ann.page.getByLabel('Title').fill(DRAFT);
  await ann.cause('Half-open', '2 links silenced · the page has not noticed yet');
  await ann.statusOf(2).selectOption('On the way');
  await ann.say('Is anybody there?');
  await expect(ann.report).toContainText('2 changes under way');
  await expect(ann.proxy).toContainText('2 of this tab (2 half-open)');
  await expect(ben.statusOf(2), 'nothing got through').toHaveValue('Waiting');
  expect(ann.sent('editJob'), 'the page believes in its link').toHaveLength(1);

  await expect(ann.report).toContainText('2 changes saved', NOTICED);
  await expect(ann.report).toContainText(/link lost after \d+\.\d s, back after \d/);
  await expect(ben.statusOf(2)).toHaveValue('On the way');
  await ben.open(1);
  await expect(ben.lines, 'once').toHaveText(['Is anybody there?']);
  const edits = ann.sent('editJob').map(({ uuid }) => uuid);
  expect(edits, 'the same call, again').toEqual([edits[0], edits[0]]);
  await expect(ann.page.getByLabel('Title')).toHaveValue(DRAFT);
  await expect(ann.toasts).toHaveCount(0);
});

test('on a slow link an edit shows at once, and takes the time that it takes', async ({ chaosTab }) => {
  const [ann, ben] = [await chaosTab('Ann'), await chaosTab('Ben')];
  const before = ann.links.length;
  await ann.cause('Slow', '1 link slowed down');
  await expect(ann.button('Slow')).toHaveAttribute('aria-pressed', 'true');
  await ann.statusOf(2).selectOption('On the way');
  await expect(ann.saving).toHaveText('Saving …');
  await expect(ann.report).toContainText('1 change saved after');
  const [, took] = (await ann.report.innerText()).match(/saved after ([\d.]+) s/) ?? [];
  expect(Number(took)).toBeGreaterThanOrEqual(2);
  await expect(ann.report).toContainText(/a ping took [2-9]/, NOTICED);
  await expect(ben.statusOf(2)).toHaveValue('On the way');

  await ann.cause('Slow', 'at full speed');
  await expect(ann.button('Slow')).toHaveAttribute('aria-pressed', 'false');
  expect(ann.links, 'all on one link').toHaveLength(before);
});

test('offline, edits wait; online again, they arrive', async ({ chaosTab }) => {
  const [ann, ben] = [await chaosTab('Ann'), await chaosTab('Ben')];
  await ann.open(1);
  await ann.page.getByLabel('Title').fill(DRAFT);
  await ann.cause('Offline', '2 links silenced');
  await expect(ann.report).toContainText('link lost after', NOTICED);
  await ann.isCut();
  await ann.statusOf(2).selectOption('On the way');
  await ann.driverOf(3).selectOption('Dev');
  await expect(ann.saving).toHaveText('2 changes wait for the connection');
  await expect(ann.report).toContainText('not back yet · 2 changes under way');
  await expect(ben.statusOf(2)).toHaveValue('Waiting');
  await ann.toggle.click();
  await expect(ann.toggle, 'closed, the bar still says so').toHaveText(/Offline/);

  await ann.toggle.click();
  await ann.cause('Offline', 'New links pass');
  await ann.isLive();
  await expect(ann.report).toContainText('2 changes saved');
  await expect(ben.statusOf(2)).toHaveValue('On the way');
  await expect(ben.driverOf(3).locator('option:checked')).toHaveText('Dev');
  await expect(ann.page.getByLabel('Title')).toHaveValue(DRAFT);
  await expect(ann.saving).toBeEmpty();
});

test('wrong answers are noticed, and change nothing', async ({ chaosTab }) => {
  const [ann, ben] = [await chaosTab('Ann'), await chaosTab('Ben')];
  const before = ann.links.length;
  await ann.cause('Answer wrongly', '4 wrong messages on 1 link');
  await expect(ann.report).toContainText('noticed and ignored: no JSON object, a binary frame, an unreadable push');
  await ann.statusOf(2).selectOption('On the way');
  await expect(ann.report).toContainText('1 change saved');
  await expect(ben.statusOf(2)).toHaveValue('On the way');
  await expect(ann.job(1)).toHaveText('Wedding flowers');
  await expect(ann.toasts).toHaveCount(0);
  expect(ann.links, 'the link is the same').toHaveLength(before);
});

test('after its token expired, an edit gets a new one, and nobody notices', async ({ chaosTab }) => {
  const [ann, too, ben] = [await chaosTab('Ann'), await chaosTab('Ann'), await chaosTab('Ben')];
  for (const round of [1, 2]) {
    await ann.cause('Expire token', 'no call was refused yet');
    await ann.statusOf(2).selectOption(round === 1 ? 'On the way' : 'Done');
    await expect(ann.report).toContainText('sent again with a new token · 1 change saved');
  }
  await expect(ben.statusOf(2)).toHaveValue('Done');
  const edits = ann.sent('editJob').map(({ uuid }) => uuid);
  expect(edits, 'each was sent twice').toEqual([edits[0], edits[0], edits[2], edits[2]]);

  await too.statusOf(2).selectOption('Waiting');
  await expect(ben.statusOf(2)).toHaveValue('Waiting');
  expect(too.sent('refreshToken'), 'it is the token of a person, in every tab').toHaveLength(1);
  expect(ben.sent('refreshToken')).toHaveLength(0);
  for (const tab of [ann, too]) await expect(tab.toasts).toHaveCount(0);
});

test('while the server restarts, an edit waits', async ({ chaosTab }) => {
  const [ann, ben] = [await chaosTab('Ann'), await chaosTab('Ben')];
  await ann.button('Restart server').click();
  await expect(ann.report).toContainText('link lost');
  await ann.statusOf(2).selectOption('On the way');
  await expect(ann.report).toContainText('1 change under way');
  await expect(ann.report).toContainText('Another process answers');
  await expect(ann.report).toContainText('1 change saved', NOTICED);
  await expect(ann.proxy).toContainText('The server is up.');
  await ben.isLive();
  await expect(ben.statusOf(2)).toHaveValue('On the way');
});

test('it works with the keyboard', async ({ chaosTab }) => {
  const ann = await chaosTab('Ann');
  await ann.toggle.focus();
  await ann.page.keyboard.press('Enter');
  await expect(ann.button('Cut the link')).toHaveCount(0);
  await ann.page.keyboard.press('Enter');
  await ann.page.keyboard.press('Tab');
  await expect(ann.button('Cut the link')).toBeFocused();
  await ann.page.keyboard.press('Enter');
  await expect(ann.report).toContainText('1 link reset');
});

test('without a proxy there is no bar, and a proxy that goes away is missed', async ({
  page,
  tab,
  boardServer,
  chaosTab,
  chaosServer,
  allowErrors,
}) => {
  allowErrors(/ERR_CONNECTION_REFUSED/);
  const plain = await tab('Ann');
  await expect(plain.page.getByRole('button', { name: 'Chaos' })).toHaveCount(0);
  const misled = new ChaosBoard(page, boardServer.url, `http://127.0.0.1:${boardServer.port + 1}`);
  const looked = page.waitForEvent('requestfailed');
  await misled.goto();
  await looked;
  await expect(misled.toggle).toHaveCount(0);

  const ann = await chaosTab('Ann');
  await chaosServer.kill('SIGTERM');
  await expect(ann.proxy).toHaveText('The proxy does not answer.');
  await expect(ann.button('Cut the link')).toBeDisabled();
});
