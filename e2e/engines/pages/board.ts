import { appPort, backendUrl } from '../../support/ports.ts';
import { Page } from './page.ts';

/** The dispatch board. */
export class Board extends Page {
  async open(server: string, name: string): Promise<void> {
    const query = new URLSearchParams({ board: server, url: backendUrl() });
    await this.tab.goto(`http://127.0.0.1:${appPort}/?${query}#/`);
    await this.shows('#sign-in', 'Who is dispatching today?');
    await this.tab.fill('input[name=name]', name);
    await this.tab.click('form button');
    await this.isLive();
  }

  async isLive(): Promise<void> {
    await this.shows('.socket-status-text', 'online');
    await this.shows(job(1), /./);
  }

  /** What a driver's or a status's field says. */
  chosen(label: string): Promise<string | undefined> {
    return this.tab.evaluate((css) => {
      const field = document.querySelector<HTMLSelectElement>(css);
      return field?.selectedOptions[0]?.textContent ?? undefined;
    }, field(label));
  }

  choose(label: string, option: string): Promise<void> {
    return this.tab.choose(field(label), option);
  }
}

/** The link to a job, which is its title. */
export const job = (number: number) => `.row a[href="#/jobs/${number}"]`;

const field = (label: string) => `.row select[aria-label="${label}"]`;
