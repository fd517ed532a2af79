import { expect, test } from '../chaos-fixtures.ts';
import type { ChaosBoard } from '../pages/chaos.ts';
import { Inspector } from '../pages/inspector.ts';
import { part, strip, take } from './pictures.ts';

const WIDE = { width: 1280, height: 940 };
/** The head of the list of jobs, with the state of the connection. */
const LIST = { x: 0, y: 0, width: 832, height: 500 };

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, viewport: WIDE, deviceScaleFactor: 2 });

    test('the board, with a job that is talked about', async ({ chaosTab }) => {
      const [ann, ben] = [await chaosTab('Ann'), await chaosTab('Ben')];
      await ann.toggle.click();
      await talkAbout(1, ann, ben);
      // Their trails are long enough to be seen.
      await expect.poll(() => ann.received('positions').length, { timeout: 20_000 }).toBeGreaterThan(10);
      await take(ann.page, `board-${colorScheme}`);
    });

    test('the inspector, with the life of a call', async ({ chaosTab }) => {
      const ann = await chaosTab('Ann');
      const inspector = new Inspector(ann.page);
      await ann.toggle.click();
      await inspector.open();
      await ann.statusOf(2).selectOption('Done');
      // What the server pushes comes in a moment, and would move the rows.
      await expect(inspector.row('push', 'jobChanged')).toBeVisible();
      await inspector.row('reply', 'editJob').click();
      await expect(inspector.detail).toContainText('took');
      await take(ann.page, `inspector-${colorScheme}`);
    });

    test('a cut while somebody works, and the recovery', async ({ chaosTab }) => {
      const [ann, ben] = [await chaosTab('Ann'), await chaosTab('Ben')];
      await ann.open(1);
      const before = await part(ann.page, LIST);

      await ann.cause('Offline', 'silenced');
      // The heartbeat has to notice first.
      await expect(ann.report).toContainText('link lost after', { timeout: 20_000 });
      await ann.rename('Wedding flowers, and a cake');
      await ann.statusOf(2).selectOption('Done');
      await expect(ann.saving).toHaveText('2 changes wait for the connection');
      const cut = await part(ann.page, LIST);

      await ann.button('Offline').click();
      await expect(ann.reports.filter({ hasText: '2 changes saved' })).toBeVisible({ timeout: 40_000 });
      await ann.isLive();
      await expect(ben.job(1)).toHaveText('Wedding flowers, and a cake');
      const after = await part(ben.page, LIST);

      await strip(ann.page, `recovery-${colorScheme}`, [
        ['Ann is online.', before],
        ['She goes offline. What she does is shown at once, and waits.', cut],
        ['She is back. It is saved, and Ben has it too.', after],
      ]);
    });
  });
}

async function talkAbout(job: number, ann: ChaosBoard, ben: ChaosBoard): Promise<void> {
  await ann.open(job);
  await ben.open(job);
  await ben.say('The gate of the orangery is locked. Who has the key?');
  await ann.say('Ring twice, they will come down.');
  await expect(ann.lines).toHaveCount(2);
}
