import { test as base, expect } from '@playwright/test';
import { Backend, type Server } from '../support/backend.ts';
import { ENGINES } from './drivers/all.ts';
import type { Browser, Engine, EngineName, Tab } from './drivers/driver.ts';

export { expect };

/** What each engine writes itself when a server is down: Chromium and WebKit; Firefox, and Firefox in the midst of a handshake. */
const CONNECTION_FAILED =
  /WebSocket connection to '.*' failed|can’t establish a connection to the server|connection to .* was interrupted while the page was loading/;

export interface EngineOptions {
  engineName: EngineName;
}

interface WorkerFixtures extends EngineOptions {
  /** The browser of this engine, which its tests share. */
  engine: Browser;
}

interface Options {
  /** What serves the `backend` of a test. */
  server: Server;
}

interface Fixtures {
  /** Opens a tab, which is closed when the test ends. */
  newTab: (options?: { hidden: boolean }) => Promise<Tab>;
  /** A Django server of this test's own, running. */
  backend: Backend;
}

export const test = base.extend<Options & Fixtures, WorkerFixtures>({
  engineName: ['chromium', { option: true, scope: 'worker' }],
  server: ['daphne', { option: true }],

  engine: [
    async ({ engineName }, use) => {
      const engine = ENGINES.find(({ name }) => name === engineName) as Engine;
      const browser = await engine.start();
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],

  newTab: async ({ engine }, use, { annotations }) => {
    annotations.push({ type: 'version', description: engine.version });
    const before = engine.complaints?.length;
    const tabs: Tab[] = [];
    await use(async (options) => {
      const tab = await engine.newTab(options);
      tabs.push(tab);
      return tab;
    });
    for (const tab of tabs) await tab.close();
    const complaints = engine.complaints?.slice(before).filter((line) => !CONNECTION_FAILED.test(line));
    expect(complaints ?? [], 'complaints on the console').toEqual([]);
  },

  backend: async ({ server }, use) => {
    const backend = await Backend.start(server);
    await use(backend);
    await backend.kill();
  },
});
