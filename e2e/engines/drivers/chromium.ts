import { chromium, type Page } from '@playwright/test';
import { CHROMIUM_ARGS, chromiumPath } from '../../support/chromium.ts';
import type { Browser, Engine, Tab } from './driver.ts';

/** Blink, driven by Playwright over the DevTools protocol. */
export const Chromium: Engine = {
  name: 'chromium',
  packages: ['chromium'],
  isInstalled: () => chromiumPath() !== undefined,

  async start(): Promise<Browser> {
    const browser = await chromium.launch({
      executablePath: chromiumPath(),
      args: CHROMIUM_ARGS,
      // Playwright switches it off.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
    });
    const context = await browser.newContext();
    const complaints: string[] = [];
    context.on('console', (message) => {
      if (['warning', 'error'].includes(message.type())) complaints.push(message.text());
    });
    context.on('weberror', (error) => complaints.push(String(error.error())));
    return {
      version: `Chromium ${browser.version()}`,
      complaints,
      newTab: async () => new ChromiumTab(await context.newPage()),
      close: () => browser.close(),
    };
  },
};

class ChromiumTab implements Tab {
  constructor(private readonly page: Page) {}

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async back(): Promise<void> {
    await this.page.goBack({ waitUntil: 'commit' });
  }

  evaluate<Args extends unknown[], Result>(body: (...args: Args) => Result, ...args: Args): Promise<Result> {
    // Playwright passes one argument only.
    return this.page.evaluate(`(${body})(...${JSON.stringify(args)})`);
  }

  click(selector: string): Promise<void> {
    return this.page.click(selector);
  }

  fill(selector: string, text: string): Promise<void> {
    return this.page.fill(selector, text);
  }

  async choose(selector: string, label: string): Promise<void> {
    await this.page.selectOption(selector, { label });
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
