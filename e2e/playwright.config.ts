import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGS, findChromium } from './support/chromium.ts';
import { EXAMPLE, EXAMPLE_SITE } from './support/example.ts';
import { appPort, backendPort, ssrPort } from './support/ports.ts';

const CI = Boolean(process.env.CI);

const server = {
  reuseExistingServer: !CI,
  gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
  timeout: 30_000,
} as const;

export default defineConfig({
  testDir: './tests',
  // The specs start, kill and time servers: two at once, on two cores, would disturb each other.
  workers: 1,
  fullyParallel: false,
  forbidOnly: CI,
  // A second run is for its trace; a test that needs one has failed.
  retries: CI ? 1 : 0,
  failOnFlakyTests: true,
  reporter: 'list',
  use: {
    baseURL: `http://127.0.0.1:${appPort}`,
    browserName: 'chromium',
    trace: 'on-first-retry',
    launchOptions: {
      executablePath: findChromium(),
      args: CHROMIUM_ARGS,
    },
  },
  webServer: [
    {
      ...server,
      name: 'backend',
      // It would be full of the crashes that specs ask for.
      stderr: 'ignore',
      command: `exec ./backends/serve.sh daphne ${backendPort}`,
      url: `http://127.0.0.1:${backendPort}/healthz`,
    },
    {
      ...server,
      name: 'app',
      command: `exec ./serve-app.sh ${appPort}`,
      url: `http://127.0.0.1:${appPort}/`,
    },
    {
      ...server,
      name: 'ssr',
      command: `exec '${EXAMPLE}'`,
      env: { SITE_ADDR: `127.0.0.1:${ssrPort}`, SITE_ROOT: EXAMPLE_SITE },
      url: `http://127.0.0.1:${ssrPort}/`,
    },
  ],
});
