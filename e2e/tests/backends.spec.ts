import { Backend, CONNECTION_FAILED, expect, test } from '../fixtures.ts';
import type { Answer } from '../pages/demo.ts';
import type { Project, Server } from '../support/backend.ts';

// The other specs run against django-channels-router on daphne. These are the main ones for every other backend.

/** A backend, and what it does in its own way: docs/PROTOCOL.md. */
interface Stack {
  name: string;
  server: Server;
  project: Project;
  path: string;
  /** How it answers a ping. */
  pong: 'PING' | 'PONG';
  /** How a call ends whose handler crashes. */
  crash: Answer;
  /** The status of the answer where a handler raises KeyError. */
  missingKey: string;
  /** What its handlers get for a payload of 0. */
  falsy: string;
}

const CHANNELS_ROUTER = {
  server: 'uvicorn',
  project: 'django',
  pong: 'PING',
  crash: {
    status: 'outcome unknown',
    reply: 'outcome unknown: the connection was lost with code 1006 (connection lost)',
  },
  missingKey: '400',
  falsy: '0',
} as const;
const OBSERVABLE = {
  server: 'daphne',
  project: 'observable',
  pong: 'PONG',
  crash: { status: '500', reply: '{"error": "CallError.InternalServerError"}' },
  missingKey: '500',
  falsy: '0',
} as const;

const STACKS: Stack[] = [
  { ...CHANNELS_ROUTER, name: 'django-channels-router on uvicorn, asynchronous', path: '/ws/async/' },
  { ...CHANNELS_ROUTER, name: 'django-channels-router on uvicorn, synchronous', path: '/ws/sync/' },
  { ...OBSERVABLE, name: 'django-observable-socket, asynchronous', path: '/ws/app/' },
  { ...OBSERVABLE, name: 'django-observable-socket, synchronous', path: '/ws/sync/' },
  {
    ...OBSERVABLE,
    name: 'fastapi-observable-socket',
    server: 'uvicorn',
    project: 'fastapi',
    path: '/ws/app/',
    crash: { status: '500', reply: '{"Message":"Internal Server Error"}' },
    // Its field for the payload takes what is falsy for missing.
    falsy: '{}',
  },
];

for (const { name, server, project, path, pong, crash, missingKey, falsy } of STACKS) {
  test.describe(name, () => {
    let backend: Backend;
    let url: string;

    test.beforeAll(async () => {
      backend = await Backend.start(server, project);
      url = backend.url(path);
    });
    test.afterAll(() => backend.kill());

    test('calls are answered, errors too, and pushes arrive in order', async ({ demo, page }) => {
      await demo.open(url);
      expect(await demo.call('add', { a: 2, b: 40 })).toEqual({ status: '200', reply: '42' });
      expect(await demo.call('status', { code: 403, payload: 'no' })).toEqual({ status: '403', reply: '"no"' });
      expect((await demo.call('noSuchRoute')).status).toBe('404');
      expect((await demo.call('fail', { kind: 'KeyError' })).status).toBe(missingKey);
      expect(await demo.call('echo', 0)).toEqual({ status: '200', reply: falsy });
      await demo.call('ticker', { count: 20, interval_ms: 1 });
      await expect(page.getByTestId('push-count')).toHaveText('20');
      await expect(demo.pushes).toHaveText(Array.from({ length: 20 }, (_, n) => new RegExp(`{"n": ?${20 - n}}`)));
      expect(demo.links).toHaveLength(1);
    });

    test('beats keep a healthy link, and find one that is silent', async ({ demo }) => {
      // While a call is out, a link is not given up before these.
      const deadlines = { requestTimeout: 600, busyTimeout: 500 };
      await demo.open(url, { heartbeatRate: 200, heartbeatTimeoutDuration: 500, backoffBase: 1, ...deadlines });
      await expect.poll(() => demo.link.received.filter(({ route }) => route === pong).length).toBeGreaterThan(5);
      expect(demo.links).toHaveLength(1);
      await expect(demo.latency).toHaveText(/^\d+ ms$/);
      // fastapi-observable-socket does not answer this one either.
      await demo.call('silent');
      await expect.poll(() => demo.links.length).toBe(2);
      await demo.isOpen();
      expect((await demo.call('add', { a: 1, b: 1 })).reply).toBe('2');
      await expect(demo.pushes, 'neither ping nor pong is for the app').toHaveCount(0);
    });

    test('a call without a reply in time ends, and its late reply reaches nobody', async ({ demo }) => {
      await demo.open(url, { requestTimeout: 300 });
      expect((await demo.call('slow', { ms: 800 })).status).toBe('timeout');
      // Not by its route, which only django-channels-router repeats.
      const call = demo.link.sent.find(({ route }) => route === 'slow');
      await expect.poll(() => demo.link.received.filter(({ uuid }) => uuid === call?.uuid).length).toBe(1);
      expect(await demo.call('echo', 'next')).toEqual({ status: '200', reply: '"next"' });
      await expect(demo.pushes).toHaveCount(0);
    });

    test('a crash ends in its own way, and the socket works on', async ({ demo, allowErrors }) => {
      allowErrors(CONNECTION_FAILED);
      await demo.open(url, { backoffBase: 1 });
      expect(await demo.call('fail', { kind: 'ValueError' })).toEqual(crash);
      await demo.isOpen();
      expect(await demo.call('echo', 'again')).toEqual({ status: '200', reply: '"again"' });
      expect(demo.links).toHaveLength(crash.status === '500' ? 1 : 2);
    });

    test('a server that is killed and started again is found again, and what waited leaves', async ({
      demo,
      allowErrors,
    }) => {
      allowErrors(CONNECTION_FAILED);
      await demo.open(url, { maxReconnectAttempts: null, backoffBase: 100, backoffMax: 300 });
      await backend.kill();
      await expect(demo.state).toHaveText(/^(backoff|connecting) \(attempt [1-9]/);
      await demo.send('echo', 'waited');
      await backend.start();
      expect(await demo.answer()).toEqual({ status: '200', reply: '"waited"' });
    });
  });
}
