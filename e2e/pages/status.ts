import type { Locator, Page } from '@playwright/test';

/** What `SocketStatus` shows. */
export class Status {
  readonly text: Locator;
  readonly countdown: Locator;
  readonly tryNow: Locator;

  constructor(readonly page: Page) {
    this.text = page.getByRole('status');
    this.countdown = page.locator('.socket-status-countdown');
    this.tryNow = page.getByRole('button', { name: 'Try now' });
  }

  /** From now on, all that it says is kept. */
  async record(): Promise<void> {
    await this.text.evaluate((status) => {
      const said: string[] = [];
      Object.assign(window, { said });
      const note = () => said.push(status.textContent ?? '');
      new MutationObserver(note).observe(status, { childList: true, characterData: true, subtree: true });
    });
  }

  /** What it said since then, in order. */
  said(): Promise<string[]> {
    return this.page.evaluate(() => Reflect.get(window, 'said'));
  }
}
