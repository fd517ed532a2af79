import config from './playwright.config.ts';

/** Real faults: `scripts/soak.sh` runs it. Each test has servers of its own. */
export default { ...config, testDir: './soak', webServer: [], retries: 0 };
