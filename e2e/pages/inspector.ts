import { readFile } from 'node:fs/promises';
import { expect, type Locator, type Page } from '@playwright/test';

/** The panel of `SocketInspector`, which is in a shadow tree. */
export class Inspector {
  readonly panel: Locator;
  readonly opener: Locator;
  readonly list: Locator;
  readonly rows: Locator;
  readonly detail: Locator;
  readonly search: Locator;

  constructor(readonly page: Page) {
    this.panel = page.getByRole('region', { name: 'Socket inspector' });
    this.opener = page.getByRole('button', { name: 'Socket inspector' });
    this.list = this.panel.getByRole('listbox', { name: 'Messages, the latest first' });
    this.rows = this.list.getByRole('option');
    this.detail = this.panel.getByRole('region', { name: 'The selected message' });
    this.search = this.panel.getByRole('searchbox', { name: 'Search the messages' });
  }

  /** By the button of the page. */
  async open(): Promise<void> {
    await this.page.getByTestId('inspector').click();
    await expect(this.panel).toBeVisible();
  }

  /** The rows of this kind and route that can be seen. */
  row(kind: string, route: string): Locator {
    return this.rows.filter({ has: this.page.locator('.kind', { hasText: new RegExp(`^${kind}$`) }) }).filter({
      has: this.page.locator('.route', { hasText: new RegExp(`^${route}$`) }),
    });
  }

  async tab(name: 'Messages' | 'Calls' | 'Queries'): Promise<void> {
    await this.panel.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
  }

  async press(button: string): Promise<void> {
    await this.panel.getByRole('button', { name: button, exact: true }).click();
  }

  /** Everything that is in the page of it. */
  markup(): Promise<string> {
    return this.root((root) => root.innerHTML);
  }

  /** How many elements of it are in the page. */
  size(): Promise<number> {
    return this.root((root) => root.querySelectorAll('*').length);
  }

  /** What an export writes into its file. */
  async exported(button: 'Export' | 'Export recording' = 'Export'): Promise<string> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.press(button)]);
    return readFile(await download.path(), 'utf8');
  }

  root<T>(read: (root: ShadowRoot) => T): Promise<T> {
    const host = this.page.locator('div').filter({ has: this.page.locator('.root') }).last();
    return host.evaluate((host, read) => new Function('root', `return (${read})(root)`)(host.shadowRoot), String(read));
  }
}
