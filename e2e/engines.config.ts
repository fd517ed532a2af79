import { defineConfig } from '@playwright/test';
import { ENGINES } from './engines/drivers/all.ts';
import type { EngineOptions } from './engines/fixtures.ts';
import config from './playwright.config.ts';

/** The engines that are here. */
const installed = ENGINES.filter((engine) => {
  if (engine.isInstalled()) return true;
  const line = `${engine.name} is not tested: it needs 'apt-get install ${engine.packages.join(' ')}'`;
  if (process.env.ENGINES === 'all') throw new Error(line);
  // The workers read this file too.
  if (process.env.TEST_WORKER_INDEX === undefined) console.log(line);
  return false;
});

/** What users depend on, in each engine. */
export default defineConfig<object, EngineOptions>({
  ...config,
  testDir: './engines',
  // Unlike the other suite it counts on no time: one browser's waiting is the other one's turn.
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: process.env.ENGINES_REPORT ? [['list'], ['./engines/report.ts']] : 'list',
  projects: installed.map(({ name }) => ({ name, use: { engineName: name } })),
});
