import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, CDPSession, Page } from '@playwright/test';
import type { Chaos } from '../support/soak.ts';

export interface World {
  chaos: Chaos;
  page: Page;
  context: BrowserContext;
  devtools: CDPSession;
}

type Step = (world: World) => Promise<unknown>;

/** Something that goes wrong once. */
export interface Mishap {
  name: string;
  begin: Step;
  /** What ends it. Without it, it is over when it has begun. */
  end?: Step;
  /** How long it lasts, in milliseconds. Without an end: how long it is waited for. */
  lasts?: number;
  /** What a user may be shown. Nothing may be shown too: the page recovers before it says anything. */
  shows: string[];
  /** Within how many seconds after its end all has to be well, on a machine that is busy. */
  within: number;
  /** The page stands still, so nobody can type. */
  isFrozen?: boolean;
}

const LOST = 'no connection, trying again';
const SLOW = 'online, but the server is slow to answer';
const OFFLINE = 'no network';

const links = (route: string, body: Record<string, unknown> = {}): Step => {
  return ({ chaos }) => chaos.do(`links/${route}`, body);
};

const NONSENSE = ['no JSON', '{"uuid": 7, "status": "no"}', '{"route": "itemChanged", "payload": 1}'];

export const MISHAPS: Mishap[] = [
  { name: 'The network breaks the connection (RST).', begin: links('reset'), shows: [LOST], within: 10 },
  { name: 'The connection ends without a close frame (FIN).', begin: links('finish'), shows: [LOST], within: 10 },
  {
    name: 'The connection breaks in the middle of a message from the server.',
    begin: links('cut', { bytes: 20, direction: 'down' }),
    shows: [LOST],
    within: 10,
  },
  {
    name: 'The connection breaks in the middle of a message from the page.',
    begin: links('cut', { bytes: 20, direction: 'up' }),
    shows: [LOST],
    within: 10,
  },
  {
    name: 'The connection is dead, and nobody says so.',
    begin: links('silence'),
    shows: [SLOW, LOST],
    within: 25,
  },
  {
    name: 'Nothing reaches the server any more.',
    begin: links('silence', { direction: 'up' }),
    shows: [SLOW, LOST],
    within: 25,
  },
  {
    name: 'Nothing reaches the page any more.',
    begin: links('silence', { direction: 'down' }),
    shows: [SLOW, LOST],
    within: 25,
  },
  {
    name: 'Each message takes 700 ms, in each direction.',
    begin: ({ chaos }) => chaos.set({ latency_ms: 700 }),
    shows: [SLOW],
    within: 20,
  },
  {
    name: 'The network carries 500 bytes a second.',
    begin: ({ chaos }) => chaos.set({ bytes_per_second: 500 }),
    shows: [SLOW],
    within: 20,
  },
  {
    name: 'For 3 s, new connections are refused.',
    begin: async ({ chaos }) => {
      await chaos.set({ refuse: true });
      await chaos.do('links/reset');
    },
    end: ({ chaos }) => chaos.set({}),
    lasts: 3_000,
    shows: [LOST],
    within: 15,
  },
  {
    name: 'For 3 s, nobody listens at the address.',
    begin: async ({ chaos }) => {
      await chaos.do('listening', { listening: false });
      await chaos.do('links/reset');
    },
    end: ({ chaos }) => chaos.do('listening', { listening: true }),
    lasts: 3_000,
    shows: [LOST],
    within: 15,
  },
  {
    name: 'The server is killed, and starts again.',
    begin: ({ chaos }) => chaos.do('server/restart', { signal: 'SIGKILL' }),
    shows: [LOST],
    within: 15,
  },
  {
    name: 'The server restarts.',
    begin: ({ chaos }) => chaos.do('server/restart', { signal: 'SIGTERM' }),
    shows: [LOST],
    within: 15,
  },
  {
    name: 'The server is busy for 3 s.',
    begin: ({ page }) => page.evaluate(() => window.soak.report(3_000)),
    shows: [SLOW],
    within: 15,
  },
  {
    name: 'The server, or something before it, says nonsense.',
    begin: links('insert', { messages: NONSENSE.map((text) => ({ text })) }),
    shows: [],
    within: 5,
  },
  { name: 'The token expires.', begin: ({ chaos }) => chaos.ask('expire'), shows: [], within: 5 },
  {
    name: 'For 3 s, the browser says that there is no network.',
    begin: ({ context }) => context.setOffline(true),
    end: ({ context }) => context.setOffline(false),
    lasts: 3_000,
    shows: [OFFLINE, LOST],
    within: 10,
  },
  {
    name: 'The browser freezes the page for 10 s, and the connection breaks meanwhile.',
    begin: async ({ devtools, chaos }) => {
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
      await sleep(1_000);
      await chaos.do('links/reset');
    },
    end: ({ devtools }) => devtools.send('Page.setWebLifecycleState', { state: 'active' }),
    lasts: 9_000,
    shows: [LOST],
    within: 10,
    isFrozen: true,
  },
];
