import { createReadStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test as base, type Page } from '@playwright/test';
import { Chaos, type Place, SOAK_PAGE } from '../support/soak.ts';

const HTML = `<!doctype html><meta charset="utf-8"><title>Soak</title><link rel="icon" href="data:,">
<script type="module">
  import init, * as exported from '/soak.js';
  await init();
  window.soak = exported;
</script>`;
const FILES: Record<string, string> = { '/soak.js': 'text/javascript', '/soak_bg.wasm': 'application/wasm' };

/** Something that ended, as `leptos-socket/tests/soak/log.rs` has it. */
export interface Ended {
  number: number;
  kind: string;
  idempotent: boolean;
  place: string;
  person: string;
  outcome: 'replied' | 'wrong' | 'unauthorized' | 'notSent' | 'unknown' | 'cancelled' | 'sent';
  text: string;
}

export interface News {
  ended: Ended[];
  mistakes: string[];
  open: [number, unknown][];
}

/** One socket of the page. */
export interface Line {
  name: string;
  place: string;
  state: string;
  connected: boolean;
  inFlight: number;
  queued: number;
  pending: number;
  unsettled: number;
  data: Place | null;
  stale: boolean;
  fetching: boolean;
  error: string | null;
}

interface Exported {
  open(server: string, timeout: number): void;
  start(seed: number, pause: number): void;
  stop(): void;
  burst(calls: number): void;
  take(): string;
  state(): string;
  settle(): void;
  close(): void;
  desk(server: string, config?: string): void;
  refreshes(): number;
  report(ms: number): void;
  memory_size(): number;
  mounts(server: string, times: number): Promise<void>;
  reconnects(server: string, times: number): Promise<void>;
  calls(server: string, times: number): Promise<void>;
}

declare global {
  interface Window {
    soak: Exported;
  }
}

/** The page of `leptos-socket/tests/soak/`. */
export class SoakPage {
  constructor(
    readonly page: Page,
    readonly site: string,
  ) {}

  async goto(): Promise<void> {
    await this.page.goto(this.site);
    await this.page.waitForFunction(() => window.soak !== undefined);
  }

  /** Opens the sockets of the load. */
  async open(chaos: Chaos, timeout: number): Promise<void> {
    await this.page.evaluate(([url, timeout]) => window.soak.open(url, timeout), [chaos.url, timeout] as const);
    await base.expect.poll(async () => (await this.lines()).every(({ connected, data }) => connected && data)).toBe(true);
  }

  async take(): Promise<News> {
    return JSON.parse(await this.page.evaluate(() => window.soak.take())) as News;
  }

  async lines(): Promise<Line[]> {
    return JSON.parse(await this.page.evaluate(() => window.soak.state())) as Line[];
  }
}

/** What daphne says if the server pushes to a link that has just ended. */
const DISCONNECTED = /Traceback(?:(?!Traceback)[^])*?autobahn\.exception\.Disconnected:/g;

interface Fixtures {
  chaos: Chaos;
  soak: SoakPage;
}

export const test = base.extend<Fixtures, { site: string }>({
  site: [
    async ({}, use) => {
      const server = serve();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      server.close();
    },
    { scope: 'worker' },
  ],

  chaos: async ({ context }, use, testInfo) => {
    const chaos = await Chaos.start();
    await use(chaos);
    await Promise.allSettled(context.pages().map((page) => page.close()));
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('chaos.log', { body: chaos.log, contentType: 'text/plain' });
    }
    await chaos.remove();
    base.expect(chaos.log.replaceAll(DISCONNECTED, ''), 'what the proxy and the server say').not.toContain('Traceback');
  },

  soak: async ({ page, site }, use) => {
    const panics: string[] = [];
    page.on('console', (message) => {
      if (message.text().includes('panicked')) panics.push(message.text());
    });
    page.on('pageerror', (error) => panics.push(String(error)));
    const soak = new SoakPage(page, site);
    await soak.goto();
    await use(soak);
    base.expect(panics, 'panics').toEqual([]);
  },
});

function serve(): Server {
  return createServer((request, response) => {
    const type = FILES[request.url ?? ''];
    response.setHeader('content-type', type ?? 'text/html');
    if (type) createReadStream(join(SOAK_PAGE, request.url ?? '')).pipe(response);
    else response.end(HTML);
  });
}
