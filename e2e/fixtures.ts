import { type BrowserContext, test as base, expect } from '@playwright/test';
import { Demo } from './pages/demo.ts';
import { Backend, type Server } from './support/backend.ts';

export { Backend, expect, type Server };

/** What Chromium itself writes when a server is down, or refuses the handshake. */
export const CONNECTION_FAILED = /^WebSocket connection to '.*' failed/;

interface Options {
  /** What serves the `backend` of a test. */
  server: Server;
}

interface Fixtures {
  /** The page that the test works with. */
  demo: Demo;
  /** A Django server of this test's own, running. */
  backend: Backend;
  /** Declares errors on the console that this test provokes; any other fails it. */
  allowErrors: (...patterns: RegExp[]) => void;
}

export const test = base.extend<Options & Fixtures>({
  server: ['daphne', { option: true }],

  demo: async ({ page }, use) => use(new Demo(page)),

  backend: async ({ server, context }, use, testInfo) => {
    const backend = await Backend.start(server);
    await use(backend);
    // The pages go first: without their server they would complain on the console.
    await Promise.allSettled(context.pages().map((page) => page.close()));
    await backend.kill();
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('backend.log', { body: backend.log, contentType: 'text/plain' });
    }
  },

  allowErrors: [
    async ({ context }, use) => {
      const errors = collectErrors(context);
      const allowed: RegExp[] = [];
      await use((...patterns) => allowed.push(...patterns));
      const unexpected = errors.filter((error) => !allowed.some((pattern) => pattern.test(error)));
      expect(unexpected, 'errors on the console').toEqual([]);
    },
    { auto: true },
  ],
});

/** The errors of every page of the context, from now on. */
function collectErrors(context: BrowserContext): string[] {
  const errors: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  context.on('weberror', (error) => errors.push(String(error.error())));
  return errors;
}
