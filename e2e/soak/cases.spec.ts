import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@playwright/test';
import { buffers, closesWhenIdle, Middle, type Treatment } from '../support/middle.ts';
import { freePort } from '../support/ports.ts';
import { Desk } from './desk.ts';
import { SoakPage, test } from './page.ts';

const QUICK = { backoffBase: 20, backoffMax: 50 };

const REFUSALS = {
  '403': 'HTTP/1.1 403 Forbidden',
  '404': 'HTTP/1.1 404 Not Found',
  '500': 'HTTP/1.1 500 Internal Server Error',
  'a redirect': 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/login',
};

// A page cannot tell them apart, nor from a server that is not there.
for (const [name, head] of Object.entries(REFUSALS)) {
  test(`a handshake that is answered with ${name} is tried again, with one refresh`, async ({ chaos, soak }) => {
    let attempts = 0;
    const server = createServer().on('upgrade', (_, socket) => {
      attempts += 1;
      socket.end(`${head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
    const port = await freePort();
    server.listen(port, '127.0.0.1');
    const desk = await Desk.open(soak, chaos, `ws://127.0.0.1:${port}`, QUICK);
    await expect(desk.diagnosis).toHaveText(
      'the server could never be reached: is the address right, and access granted?',
    );
    await expect(desk.status.text).toHaveText('no connection, trying again');
    await expect.poll(() => attempts).toBeGreaterThan(10);
    expect(await desk.refreshes()).toBe(1);
    server.close();
  });
}

/** A page behind a proxy that is between it and the server for the whole test. */
async function behind(treat: Treatment, use: (middle: Middle) => Promise<void>, upstream: number): Promise<void> {
  const middle = await Middle.start(upstream, treat);
  try {
    await use(middle);
  } finally {
    middle.stop();
  }
}

test('a proxy that closes idle connections does so only if the heart beats more slowly', async ({ chaos, soak }) => {
  let frames = 0;
  const counting: Treatment = (client, server) => {
    closesWhenIdle(1_000)(client, server);
    client.on('data', () => (frames += 1));
  };
  await behind(counting, async (middle) => {
    const often = { ...QUICK, heartbeatRate: 400, heartbeatTimeoutDuration: 300 };
    let desk = await Desk.open(soak, chaos, middle.url, often);
    await desk.isWell();
    const before = frames;
    // So many beats are longer than the proxy would wait.
    await expect.poll(() => frames - before, { timeout: 20_000 }).toBeGreaterThan(8);
    expect(middle.connections).toBe(1);

    desk = await Desk.open(soak, chaos, middle.url, QUICK);
    // Each time it finds its way back, and what was pushed meanwhile is there although nothing is pushed after it.
    for (const connections of [3, 4, 5]) {
      await expect.poll(() => middle.connections, { timeout: 20_000 }).toBe(connections);
      await chaos.ask('change');
      await desk.isWell();
    }
  }, chaos.port);
});

test('a proxy that buffers what the server says only makes it late', async ({ chaos, soak }) => {
  await behind(buffers(4096, 700), async (middle) => {
    const desk = await Desk.open(soak, chaos, middle.url);
    await desk.isWell();
    await desk.edit(7);
    await chaos.ask('change');
    await desk.isWell();
    expect(await desk.error.innerText()).toBe('');
    expect(middle.connections).toBe(1);
  }, chaos.port);
});

test('four tabs of one server that restarts are all right again, and none of their edits is lost', async ({
  chaos,
  context,
  soak,
}) => {
  const pages = [soak.page, ...(await Promise.all([1, 2, 3].map(() => context.newPage())))];
  const desks = await Promise.all(pages.map((page) => Desk.open(new SoakPage(page, soak.site), chaos)));
  await Promise.all(desks.map((desk) => desk.isWell()));
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const restart = chaos.do('server/restart', { signal });
    await Promise.all(desks.map((desk, index) => desk.edit(100 + index)));
    await restart;
    await chaos.ask('change');
    await Promise.all(desks.map((desk) => desk.isWell(signal)));
    for (const desk of desks) expect(await desk.error.innerText()).toBe('');
  }
});

test('a refresh that is under way when the page is frozen and its link breaks still helps', async ({
  chaos,
  soak,
  context,
}) => {
  const desk = await Desk.open(soak, chaos);
  await desk.isWell();
  const [before, devtools] = [await desk.refreshes(), await context.newCDPSession(soak.page)];
  await chaos.ask('expire');
  await chaos.set({ latency_ms: 400 });
  await desk.edit(7);
  await expect.poll(() => desk.refreshes(), { intervals: [20] }).toBe(before + 1);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  await chaos.do('links/reset');
  await sleep(2_000);
  await chaos.calm();
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  await desk.isWell();
  expect(await desk.error.innerText()).toBe('');
  expect((await chaos.memory()).places.one?.items[0]).toBe(7);
  expect(await desk.refreshes()).toBe(before + 1);
});
