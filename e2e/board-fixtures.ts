import { CONNECTION_FAILED, test as base, expect } from './fixtures.ts';
import { Board } from './pages/board.ts';
import { BoardServer } from './support/board.ts';

export { CONNECTION_FAILED, expect };

interface Options {
  /** How the server of a test differs from others. */
  boardEnv: Record<string, string>;
}

interface Fixtures {
  boardServer: BoardServer;
  /** A tab of somebody who is signed in. */
  tab: (name: string) => Promise<Board>;
}

export const test = base.extend<Options & Fixtures>({
  boardEnv: [{}, { option: true }],

  boardServer: async ({ boardEnv, context }, use, testInfo) => {
    const server = await BoardServer.start(boardEnv);
    await use(server);
    // The pages go first: without their server they would complain on the console.
    await Promise.allSettled(context.pages().map((page) => page.close()));
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('board.log', { body: server.log, contentType: 'text/plain' });
    }
    await server.remove();
  },

  tab: async ({ boardServer, context }, use) => {
    await use(async (name) => {
      const board = new Board(await context.newPage(), boardServer.url);
      await board.goto();
      await board.signIn(name);
      return board;
    });
  },
});
