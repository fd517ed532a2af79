import { expect, type Locator, type Page } from '@playwright/test';
import { Board } from './board.ts';

export type Fault =
  | 'Cut the link'
  | 'Half-open'
  | 'Slow'
  | 'Offline'
  | 'Answer wrongly'
  | 'Expire token'
  | 'Restart server';

/** The dispatch board with its chaos bar. */
export class ChaosBoard extends Board {
  readonly toggle: Locator;
  /** What happened after each fault, the latest first. */
  readonly reports: Locator;
  /** What the proxy says of itself. */
  readonly proxy: Locator;

  constructor(page: Page, server: string, control: string) {
    super(page, server, { chaos: control });
    this.toggle = page.getByRole('button', { name: /^Chaos/ });
    this.reports = page.getByRole('log', { name: 'What happened' }).locator('.chaos-report');
    this.proxy = page.getByTestId('chaos-state');
  }

  button(fault: Fault): Locator {
    return this.page.getByRole('button', { name: new RegExp(`^${fault}`) });
  }

  /** Causes a fault, and returns once the proxy has done so. */
  async cause(fault: Fault, what: string | RegExp): Promise<void> {
    const before = await this.reports.count();
    await this.button(fault).click();
    await expect(this.reports).toHaveCount(before + 1);
    await expect(this.report).toContainText(what);
  }

  /** The latest report. */
  get report(): Locator {
    return this.reports.first();
  }
}
