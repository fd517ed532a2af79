import { expect, type Locator, type Page } from '@playwright/test';
import { backendUrl } from '../support/ports.ts';
import { Link } from './demo.ts';

/** The dispatch board, as a dispatcher works with it. */
export class Board {
  /** Every WebSocket that the page ever opened. */
  readonly links: Link[] = [];
  readonly status: Locator;
  readonly toasts: Locator;
  readonly saving: Locator;
  readonly lines: Locator;

  constructor(
    readonly page: Page,
    private readonly server: string,
    /** More parameters of the page's address. */
    private readonly parameters: Record<string, string> = {},
  ) {
    page.on('websocket', (socket) => this.links.push(new Link(socket)));
    this.status = page.locator('.socket-status-text');
    this.toasts = page.locator('.toast');
    this.saving = page.locator('.saving');
    this.lines = page.getByRole('log', { name: 'Chat' }).locator('.text');
  }

  async goto(): Promise<void> {
    await this.page.goto(`/?${new URLSearchParams({ board: this.server, url: backendUrl(), ...this.parameters })}#/`);
  }

  async signIn(name: string): Promise<void> {
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.isLive();
  }

  async isLive(): Promise<void> {
    // After a loss, the attempts come less and less often.
    await expect(this.status).toHaveText('online', { timeout: 20_000 });
    await expect(this.job(1)).toBeVisible();
  }

  /** Until it says that the connection is lost. */
  async isCut(): Promise<void> {
    await expect(this.page.locator('.socket-status')).toHaveClass(/\bis-reconnecting\b/);
  }

  /** The link to a job, which is its title. */
  job(id: number): Locator {
    return this.page.locator(`a[href="#/jobs/${id}"]`);
  }

  driverOf(id: number): Locator {
    return this.page.getByRole('list').getByLabel(`Driver of job ${id}`);
  }

  statusOf(id: number): Locator {
    return this.page.getByRole('list').getByLabel(`Status of job ${id}`);
  }

  async open(id: number): Promise<void> {
    await this.job(id).click();
    await expect(this.page.getByRole('heading', { name: `Job ${id}` })).toBeVisible();
  }

  async close(): Promise<void> {
    await this.page.getByRole('link', { name: 'Close job' }).click();
  }

  /** Of the job that is open. */
  async rename(title: string): Promise<void> {
    await this.page.getByLabel('Title').fill(title);
    await this.page.getByRole('button', { name: 'Rename' }).click();
  }

  async say(text: string): Promise<void> {
    await this.page.getByLabel('Message').fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  /** What the page sent on a route, over all its links. */
  sent(route: string) {
    return this.links.flatMap((link) => link.sent).filter((frame) => frame.route === route);
  }

  /** What the server sent on a route, over all links. */
  received(route: string) {
    return this.links.flatMap((link) => link.received).filter((frame) => frame.route === route);
  }
}
