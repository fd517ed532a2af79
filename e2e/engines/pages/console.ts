import type { Answer, Config } from '../../pages/demo.ts';
import { appPort } from '../../support/ports.ts';
import { id, Page } from './page.ts';

/** The console of the demo, which calls any route. */
export class Console extends Page {
  async open(url: string, config: Config = {}): Promise<void> {
    const query = new URLSearchParams({ url, config: JSON.stringify(config) });
    await this.tab.goto(`http://127.0.0.1:${appPort}/?${query}`);
    await this.isOpen();
  }

  async isOpen(): Promise<void> {
    await this.shows(id('state'), 'open');
  }

  /** Sends, and does not wait for the answer. */
  async send(route: string, payload: unknown = null): Promise<void> {
    await this.tab.fill(id('route'), route);
    await this.tab.fill(id('payload'), JSON.stringify(payload));
    await this.tab.click(id('send'));
  }

  /** The answer to the last `send`, once it is there. */
  async answer(): Promise<Answer> {
    await this.shows(`${id('send')}[aria-busy=false]`, 'Send and wait');
    return { status: (await this.text(id('reply-status'))) ?? '', reply: (await this.text(id('reply'))) ?? '' };
  }

  async call(route: string, payload: unknown = null): Promise<Answer> {
    await this.send(route, payload);
    return this.answer();
  }

  /** Which link of the server this page is on, how many pings came over it, and how many links the server has. */
  async whoAmI(): Promise<{ link: string; pings: number; open_links: number }> {
    return JSON.parse((await this.call('whoAmI')).reply);
  }

  /** The pushes that it shows, the latest first. */
  pushes(): Promise<string[]> {
    return this.tab.evaluate((css) => {
      const rows = [...document.querySelectorAll(css)];
      return rows.map((row) => row.textContent ?? '');
    }, `${id('pushes')} li`);
  }
}
