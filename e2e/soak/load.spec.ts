import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@playwright/test';
import type { Chaos } from '../support/soak.ts';
import { Dice } from './dice.ts';
import { FAULTS, nextFault } from './faults.ts';
import { type Line, type SoakPage, test } from './page.ts';
import { Verdict } from './verdict.ts';

const SECONDS = Number(process.env.SOAK_SECONDS ?? 60);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));
/** The mean time between what one task of the page does, in milliseconds. */
const PAUSE = 200;
const CLIENTS = ['steady', 'twin', 'shared', 'moving', undefined, undefined];

test('a mixed load under random faults keeps every promise', async ({ chaos, soak, page, context }) => {
  test.setTimeout((SECONDS + 120) * 1000);
  console.log(`SEED=${SEED} SECONDS=${SECONDS}`);
  const [dice, verdict, devtools] = [new Dice(SEED), new Verdict(), await context.newCDPSession(page)];
  await soak.open(chaos, 6_000);
  await page.evaluate(([seed, pause]) => window.soak.start(seed, pause), [SEED, PAUSE] as const);

  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    await sleep(dice.between(50, 1500));
    const fault = nextFault(dice);
    verdict.play(fault);
    await FAULTS[fault]?.play({ chaos, dice, devtools, client: dice.oneOf(CLIENTS) });
    verdict.note(await soak.take());
  }

  await chaos.calm();
  await page.evaluate(() => window.soak.stop());
  await conclude(soak, chaos, verdict);
});

test('a thousand calls survive a rolling restart', async ({ chaos, soak, page }) => {
  test.setTimeout(120_000);
  const verdict = new Verdict();
  await soak.open(chaos, 60_000);
  await page.evaluate(() => window.soak.burst(1000));
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM']) {
    await expect.poll(async () => (await soak.lines())[0]?.connected).toBe(true);
    expect((await soak.lines())[0]?.inFlight, 'calls are under way').toBeGreaterThan(1);
    await chaos.do('server/restart', { signal });
    verdict.play(`server ended by ${signal}`);
  }
  await conclude(soak, chaos, verdict);
  const calls = verdict.ended.filter(({ kind }) => kind === 'call');
  expect(calls).toHaveLength(1000);
  expect(calls.filter(({ idempotent, outcome }) => idempotent && outcome !== 'replied')).toEqual([]);
});

/** Waits until nothing is under way any more, and compares. */
async function conclude(soak: SoakPage, chaos: Chaos, verdict: Verdict): Promise<void> {
  // A line that never gets quiet is told of below.
  await expect.poll(async () => (await soak.lines()).every(isQuiet), { timeout: 40_000 }).toBe(true).catch(() => {});
  // The pushes of the last changes may still be on their way.
  await expect.poll(() => isTrue(soak, chaos), { timeout: 5_000 }).toBe(true).catch(() => {});
  await soak.page.evaluate(() => window.soak.settle());
  verdict.conclude(await soak.take(), await soak.lines(), await chaos.memory());
  console.log(verdict.table());
  expect(verdict.mistakes.slice(0, 20)).toEqual([]);
  expect((await soak.lines()).filter((line) => !isQuiet(line))).toEqual([]);
}

function isQuiet({ connected, inFlight, queued, pending, unsettled, stale, fetching }: Line): boolean {
  return connected && inFlight + queued + pending + unsettled === 0 && !stale && !fetching;
}

async function isTrue(soak: SoakPage, chaos: Chaos): Promise<boolean> {
  const [lines, { places }] = [await soak.lines(), await chaos.memory()];
  return lines.every(({ place, data }) => JSON.stringify(data) === JSON.stringify(places[place] ?? data));
}
