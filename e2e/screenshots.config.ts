import { defineConfig } from '@playwright/test';
import config from './playwright.config.ts';

const servers = [config.webServer ?? []].flat();

/** Takes the pictures of README and guide; not a test. */
export default defineConfig({
  ...config,
  testDir: './screenshots',
  timeout: 120_000,
  webServer: servers.filter(({ name }) => name !== 'ssr'),
});
