import { CONNECTION_FAILED, test as base, expect } from './board-fixtures.ts';
import { ChaosBoard } from './pages/chaos.ts';
import { ChaosServer } from './support/chaos.ts';

export { expect };

interface Fixtures {
  chaosServer: ChaosServer;
  /** A tab of somebody who is signed in, with the chaos bar open. */
  chaosTab: (name: string) => Promise<ChaosBoard>;
}

export const test = base.extend<Fixtures>({
  chaosServer: async ({ boardEnv, context, allowErrors }, use, testInfo) => {
    allowErrors(CONNECTION_FAILED);
    const server = await ChaosServer.start(boardEnv);
    await use(server);
    // The pages go first: without their server they would complain on the console.
    await Promise.allSettled(context.pages().map((page) => page.close()));
    await server.remove();
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('board.log', { body: server.log, contentType: 'text/plain' });
    }
    expect(server.log, 'what the proxy and the server complain of').not.toContain('Traceback');
  },

  chaosTab: async ({ chaosServer, context }, use) => {
    await use(async (name) => {
      const board = new ChaosBoard(await context.newPage(), chaosServer.url, chaosServer.control);
      await board.goto();
      await board.signIn(name);
      await board.toggle.click();
      return board;
    });
  },
});
