import { CONNECTION_FAILED } from '../../board-fixtures.ts';
import { expect, test } from '../../chaos-fixtures.ts';
import { ChaosBoard } from '../../pages/chaos.ts';
import { BoardServer } from '../../support/board.ts';
import { ChaosServer } from '../../support/chaos.ts';
import { Dispatcher } from '../../support/dispatcher.ts';
import { processesOn } from '../../support/processes.ts';
import { Redis } from '../../support/redis.ts';

test.skip(!Redis.isInstalled() && !process.env.CI, 'redis-server is not installed');
test.skip(process.platform !== 'linux', 'only Linux tells which process holds a link');
// Four processes start, and all of them load Django.
test.describe.configure({ timeout: 90_000 });

const EDITS = 10;

let redis: Redis;
let env: Record<string, string>;

test.beforeAll(async () => {
  redis = await Redis.start();
  env = { WORKERS: '4', REDIS_URL: redis.url };
});
test.afterAll(() => redis.stop());

test('a change reaches the links of all processes, after its commit and with its version', async () => {
  const server = await BoardServer.start(env);
  const dispatchers: Dispatcher[] = [];
  try {
    // Which process accepts a link is the kernel's choice.
    while (dispatchers.length < 8 || processesOn(server.port) < 2) {
      expect(dispatchers.length, 'links, all at one process').toBeLessThan(64);
      dispatchers.push(await Dispatcher.connect(server.url, `Ann ${dispatchers.length}`));
    }
    const [ann] = dispatchers;
    for (let edit = 0; edit < EDITS; edit++) await ann?.call('editJob', { id: 3, title: `Contracts ${edit}` });

    const versions = Array.from({ length: EDITS }, (_, edit) => edit + 2);
    for (const { pushed, asked } of dispatchers) {
      await expect.poll(() => [...pushed].sort((a, b) => a - b)).toEqual(versions);
      for (const [version, found] of await Promise.all(asked)) expect(found).toBeGreaterThanOrEqual(version);
    }
  } finally {
    for (const dispatcher of dispatchers) dispatcher.close();
    await server.remove();
  }
});

test('tabs at several processes see each other, also after all processes were restarted', async ({ context, allowErrors }) => {
  allowErrors(CONNECTION_FAILED);
  const server = await ChaosServer.start(env);
  try {
    const open = async (name: string) => {
      const tab = new ChaosBoard(await context.newPage(), server.url, server.control);
      await tab.goto();
      await tab.signIn(name);
      return tab;
    };
    const [ann, ben, cem] = [await open('Ann'), await open('Ben'), await open('Cem')];
    await ann.driverOf(3).selectOption('Dev');
    for (const tab of [ben, cem]) await expect(tab.driverOf(3).locator('option:checked')).toHaveText('Dev');

    await ann.toggle.click();
    await ann.button('Restart server').click();
    await expect(ann.report).toContainText('link lost');
    await ann.statusOf(3).selectOption('On the way');
    await expect(ann.report).toContainText('1 change saved', { timeout: 30_000 });
    for (const tab of [ben, cem]) {
      await tab.isLive();
      await expect(tab.statusOf(3)).toHaveValue('On the way');
    }
  } finally {
    await Promise.allSettled(context.pages().map((page) => page.close()));
    await server.remove();
  }
});
