import { expect } from '@playwright/test';
import type { Tab } from '../drivers/driver.ts';

/** What all pages have in common: a tab, and what it shows. */
export class Page {
  constructor(readonly tab: Tab) {}

  /** The text of the element, or nothing where there is none. */
  text(selector: string): Promise<string | null> {
    return this.tab.evaluate((css) => document.querySelector(css)?.textContent?.trim() ?? null, selector);
  }

  /** Waits until the element has this text. */
  async shows(selector: string, text: string | RegExp): Promise<void> {
    const shown = expect.poll(() => this.text(selector), { message: selector, intervals: [50] });
    await (typeof text === 'string' ? shown.toBe(text) : shown.toMatch(text));
  }
}

/** The element with this test id. */
export const id = (name: string) => `[data-testid="${name}"]`;
