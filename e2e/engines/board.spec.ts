import { BoardServer } from '../support/board.ts';
import { expect, test as base } from './fixtures.ts';
import { Board, job } from './pages/board.ts';

const test = base.extend<{ boardServer: BoardServer }>({
  boardServer: async ({}, use) => {
    const server = await BoardServer.start();
    await use(server);
    await server.remove();
  },
});

test('two dispatchers sign in, and each sees what the other edits', async ({ newTab, boardServer }) => {
  const [ann, ben] = [new Board(await newTab()), new Board(await newTab())];
  await ann.open(boardServer.url, 'Ann');
  await ben.open(boardServer.url, 'Ben');

  await ann.choose('Driver of job 3', 'Dev');
  await expect.poll(() => ben.chosen('Driver of job 3')).toBe('Dev');
  await ben.choose('Status of job 3', 'On the way');
  await expect.poll(() => ann.chosen('Status of job 3')).toBe('On the way');

  await ann.tab.click(job(3));
  await ann.shows('#job', 'Job 3');
  await ann.tab.fill('.panel form input', 'Contracts');
  await ann.tab.click('.panel form button');
  await ben.shows(job(3), 'Contracts');

  // Bo has as many jobs as a driver can have.
  await ben.choose('Driver of job 8', 'Bo');
  await ben.shows('.toast', /Job 8 was not changed\. Bo has 3 jobs already\./);
  await expect.poll(() => ben.chosen('Driver of job 8')).toBe('No driver');
});
