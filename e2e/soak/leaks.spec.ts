import { type CDPSession, expect, type Page } from '@playwright/test';
import { test } from './page.ts';

/** A part of the whole, so that it takes seconds: LEAKS=1 is all of it. */
const PART = Number(process.env.LEAKS ?? 0.1);
const WORK = { mounts: 1_500, reconnects: 100, calls: 100_000 } as const;
type Work = keyof typeof WORK;

/** How much the heap may differ after a collection, in bytes: the engine keeps something of its own, such as code that it optimised. */
const HEAP_TOLERANCE = 300_000;

/** What a page holds. */
interface Held {
  wasm: number;
  heap: number;
  listeners: number;
  nodes: number;
  timers: number;
}

for (const work of Object.keys(WORK) as Work[]) {
  const times = Math.ceil(WORK[work] * PART);
  test(`${times} ${work} leave nothing behind`, async ({ chaos, page, site, context }) => {
    test.setTimeout(600_000);
    await page.addInitScript(countTimers);
    await page.goto(site);
    await page.waitForFunction(() => window.soak !== undefined);
    const devtools = await context.newCDPSession(page);
    for (const domain of ['HeapProfiler', 'Performance']) await devtools.send(`${domain}.enable` as 'HeapProfiler.enable');
    const run = (times: number) =>
      page.evaluate(([work, url, times]) => window.soak[work](url, times), [work, chaos.url, times] as const);

    // What is made once is made by now.
    await run(Math.max(Math.ceil(times / 5), 20));
    const before = await held(page, devtools);
    await run(times);
    const after = await held(page, devtools);

    console.log(table(before, after));
    expect({ ...after, heap: 0 }).toEqual({ ...before, heap: 0 });
    expect(after.heap - before.heap, 'bytes of the heap').toBeLessThan(HEAP_TOLERANCE);
  });
}

/** Once it is the same twice: some things end a moment later, such as a link that was closed. */
async function held(page: Page, devtools: CDPSession): Promise<Held> {
  let last = await look(page, devtools);
  await expect(async () => {
    const now = await look(page, devtools);
    const is_steady = (Object.keys(now) as (keyof Held)[]).every((key) => key === 'heap' || now[key] === last[key]);
    const shrinks = now.heap < last.heap - 10_000;
    last = now;
    expect(is_steady && !shrinks).toBe(true);
  }).toPass({ timeout: 30_000, intervals: [200] });
  return last;
}

async function look(page: Page, devtools: CDPSession): Promise<Held> {
  await devtools.send('HeapProfiler.collectGarbage');
  const { metrics } = await devtools.send('Performance.getMetrics');
  const metric = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? NaN;
  return {
    wasm: await page.evaluate(() => window.soak.memory_size()),
    heap: metric('JSHeapUsedSize'),
    listeners: metric('JSEventListeners'),
    nodes: metric('Nodes'),
    timers: await page.evaluate(() => Reflect.get(window, 'timers').size as number),
  };
}

/** In the page, before anything else runs. */
function countTimers(): void {
  const timers = new Set<number>();
  Object.assign(window, { timers });
  const { setTimeout, clearTimeout, setInterval, clearInterval } = window;
  window.setTimeout = ((callback: () => void, ms?: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      callback();
    }, ms);
    timers.add(timer);
    return timer;
  }) as typeof window.setTimeout;
  window.setInterval = ((callback: () => void, ms?: number) => {
    const timer = setInterval(callback, ms);
    timers.add(timer);
    return timer;
  }) as typeof window.setInterval;
  window.clearTimeout = (timer) => {
    timers.delete(timer as number);
    clearTimeout(timer);
  };
  window.clearInterval = (timer) => {
    timers.delete(timer as number);
    clearInterval(timer);
  };
}

function table(before: Held, after: Held): string {
  const row = (cells: (string | number)[]) => cells.map((cell) => String(cell).padStart(12)).join('');
  const rows = (Object.keys(before) as (keyof Held)[]).map((key) => [key, before[key], after[key]]);
  return [['', 'before', 'after'], ...rows].map(row).join('\n');
}
