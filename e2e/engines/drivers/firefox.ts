import puppeteer, { type Page } from 'puppeteer-core';
import { findExecutable } from '../../support/executable.ts';
import { type Browser, type Engine, type Tab, typeInto } from './driver.ts';

const path = () => findExecutable('firefox-esr', 'firefox');

/** Gecko, driven by Puppeteer over WebDriver BiDi. Playwright's own Firefox is a patched build. */
export const Firefox: Engine = {
  name: 'firefox',
  packages: ['firefox-esr'],
  isInstalled: () => path() !== undefined,

  async start(): Promise<Browser> {
    const browser = await puppeteer.launch({ browser: 'firefox', executablePath: path(), headless: true });
    const complaints: string[] = [];
    return {
      version: (await browser.version()).replace(/^firefox\//i, 'Firefox '),
      complaints,
      newTab: async ({ hidden } = { hidden: false }) => {
        const page = await browser.newPage();
        page.on('console', (message) => {
          if (['warn', 'error'].includes(message.type())) complaints.push(message.text());
        });
        page.on('pageerror', (error) => complaints.push(String(error)));
        const cover = hidden ? await browser.newPage() : undefined;
        return new FirefoxTab(page, cover);
      },
      close: () => browser.close(),
    };
  },
};

class FirefoxTab implements Tab {
  constructor(
    private readonly page: Page,
    /** The tab that hides it. */
    private readonly cover?: Page,
  ) {}

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async back(): Promise<void> {
    await this.page.goBack();
  }

  evaluate<Args extends unknown[], Result>(body: (...args: Args) => Result, ...args: Args): Promise<Result> {
    return this.page.evaluate(`(${body})(...${JSON.stringify(args)})`) as Promise<Result>;
  }

  // A hidden page draws nothing, and Puppeteer would wait for that before it clicks.
  async click(selector: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.locator(selector).click();
  }

  async fill(selector: string, text: string): Promise<void> {
    await this.page.waitForSelector(selector);
    await this.evaluate(typeInto, selector, text);
  }

  async choose(selector: string, label: string): Promise<void> {
    await this.page.bringToFront();
    const option = await this.page.waitForSelector(`${selector} ::-p-text(${label})`);
    const value = await option?.evaluate((element) => (element as HTMLOptionElement).value);
    await this.page.select(selector, value ?? '');
  }

  async close(): Promise<void> {
    await this.cover?.close();
    await this.page.close();
  }
}
