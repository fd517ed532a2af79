import type { EngineName } from './drivers/driver.ts';

/** What engines do otherwise. The tests hold each entry, and docs/ENGINES.md shows them. */
export interface Difference extends Record<EngineName, string> {
  readonly what: string;
  /** What it means for an app. */
  readonly so: string;
}

export const DIFFERENCES = {
  killed: {
    what: 'Events of a WebSocket whose server is killed',
    chromium: 'open, close 1006',
    firefox: 'open, close 1006',
    webkit: 'open, close 1006',
    so: 'The client reconnects. It ignores `error` events, and whether a close was clean.',
  },
  refused: {
    what: 'Events of a WebSocket to a port where nobody listens',
    chromium: 'error, close 1006',
    firefox: 'error, close 1006',
    webkit: 'error, close 1006',
    so: 'Until a link was open once, the diagnosis says that the server could never be reached.',
  },
  codes: {
    what: 'The close codes 1000, 1001, 1008, 1011, 1012, 1013 and 4403',
    chromium: 'as they were sent',
    firefox: 'as they were sent',
    webkit: '1012 as 1006, 1013 as 1006',
    so: 'In WebKitGTK a server that restarts, or says to try again later, looks like a lost link. The client reconnects after all three, but it cannot know that it should wait longer after 1013.',
  },
  buffered: {
    what: '`bufferedAmount` right after 1,000 bytes were sent, and later',
    chromium: '1000, then 0',
    firefox: '1000, then 0',
    webkit: '1000, then 0',
    so: '`send_flushed` and the high water mark rely on it.',
  },
  kept: {
    what: 'A page with an open socket that the user leaves and comes back to',
    chromium: 'is kept as it was',
    firefox: 'is loaded anew',
    webkit: 'is kept as it was',
    so: 'A page that was kept reconnects at once; one that is loaded anew connects as at first.',
  },
  freeze: {
    what: 'Says that it freezes a page, with a `freeze` event',
    chromium: 'yes',
    firefox: 'no',
    webkit: 'no',
    so: 'Without the event, the client finds a link that died meanwhile when its timers fire again.',
  },
  hidden: {
    what: 'Timers of 50 ms in a tab behind another one',
    chromium: 'the driver cannot hide it',
    firefox: 'fire once a second',
    webkit: 'fire in time',
    so: 'Pings of a hidden tab come less often than `heartbeat_rate` says. The link is kept, and pushes arrive.',
  },
} as const satisfies Record<string, Difference>;
