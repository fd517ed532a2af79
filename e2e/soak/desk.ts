import { expect, type Locator, type Page } from '@playwright/test';
import { Status } from '../pages/status.ts';
import type { Chaos } from '../support/soak.ts';
import type { SoakPage } from './page.ts';

/** The options of a page, as JSON. */
export type Config = Record<string, number>;

/** A page as a user has it: `leptos-socket/tests/soak/desk.rs`. */
export class Desk {
  readonly status: Status;
  readonly error: Locator;
  readonly diagnosis: Locator;

  private constructor(
    readonly page: Page,
    private readonly chaos: Chaos,
  ) {
    this.status = new Status(page);
    this.error = page.getByRole('alert');
    this.diagnosis = page.locator('.diagnosis');
  }

  /** Opens the page anew. */
  static async open(soak: SoakPage, chaos: Chaos, url = chaos.url, config?: Config): Promise<Desk> {
    await soak.goto();
    const json = config && JSON.stringify(config);
    await soak.page.evaluate(([url, json]) => window.soak.desk(url, json), [url, json] as const);
    return new Desk(soak.page, chaos);
  }

  async edit(value: number): Promise<void> {
    await this.page.getByLabel('Edit').fill(String(value));
    await this.page.getByLabel('Edit').press('Enter');
  }

  refreshes(): Promise<number> {
    return this.page.evaluate(() => window.soak.refreshes());
  }

  /** Until it says that it is online, shows the data of the server, and is not saving. */
  async isWell(when = 'in the end'): Promise<void> {
    const shown = () => {
      const text = (selector: string) => document.querySelector(selector)?.textContent;
      return { items: text('.items'), status: text('.socket-status-text'), saving: text('.saving') };
    };
    await expect(async () => {
      const [now, items] = [await this.page.evaluate(shown), await itemsOf(this.chaos)];
      expect(now, when).toEqual({ items: `[${items.join(', ')}]`, status: 'online', saving: undefined });
    }).toPass({ timeout: 40_000, intervals: [50] });
  }
}

/** What the server has. */
export async function itemsOf(chaos: Chaos): Promise<number[]> {
  return (await chaos.memory()).places.one?.items ?? [0, 0, 0, 0];
}
