import { defineConfig } from '@playwright/test';
import config from './playwright.config.ts';

/** Takes the README's picture; not a test. */
export default defineConfig(config, { testDir: './screenshot' });
