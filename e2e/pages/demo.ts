import { expect, type Locator, type Page, type WebSocket } from '@playwright/test';

/** The options of the socket, as the app takes them in `?config=`. */
export interface Config {
  requestTimeout?: number;
  queManager?: boolean;
  heartbeatRate?: number;
  heartbeatTimeoutDuration?: number;
  busyTimeout?: number;
  closeRules?: Record<string, 'retry' | 'stop' | { retryAfter: number }>;
  maxReconnectAttempts?: number | null;
  globalHeaders?: Record<string, unknown>;
  backoffBase?: number;
  backoffMax?: number;
}

export interface Answer {
  status: string;
  reply: string;
}

/** A frame as the browser saw it go by. */
export interface Frame {
  uuid: string;
  route?: string;
  headers: Record<string, unknown> | null;
  payload: unknown;
}

/** The servers write Python's NaN as it is. What is not JSON at all is the payload of a frame without a name. */
function parse(payload: string | Buffer): Frame {
  try {
    return JSON.parse(String(payload).replace(/\bNaN\b/g, 'null'));
  } catch {
    return { uuid: '', headers: null, payload: String(payload) };
  }
}

/** One WebSocket that the page opened. */
export class Link {
  readonly sent: Frame[] = [];
  readonly received: Frame[] = [];

  constructor(private readonly socket: WebSocket) {
    socket.on('framesent', ({ payload }) => this.sent.push(parse(payload)));
    socket.on('framereceived', ({ payload }) => this.received.push(parse(payload)));
  }

  get closed(): boolean {
    return this.socket.isClosed();
  }

  get pings(): Frame[] {
    return this.sent.filter(({ route }) => route === 'PING');
  }
}

/** The demo app, as a user works with it. */
export class Demo {
  /** Every WebSocket that the page ever opened. */
  readonly links: Link[] = [];
  readonly state: Locator;
  readonly countdown: Locator;
  readonly diagnosis: Locator;
  readonly latency: Locator;
  readonly inFlight: Locator;
  readonly queued: Locator;
  readonly sendButton: Locator;
  readonly reply: Locator;
  readonly replyStatus: Locator;
  readonly pushes: Locator;
  readonly names: Locator;
  readonly refused: Locator;
  readonly error: Locator;

  constructor(readonly page: Page) {
    page.on('websocket', (socket) => this.links.push(new Link(socket)));
    this.state = page.getByTestId('state');
    this.countdown = page.getByTestId('countdown');
    this.diagnosis = page.getByTestId('diagnosis');
    this.latency = page.getByTestId('latency');
    this.inFlight = page.getByTestId('in-flight');
    this.queued = page.getByTestId('queued');
    this.sendButton = page.getByTestId('send');
    this.reply = page.getByTestId('reply');
    this.replyStatus = page.getByTestId('reply-status');
    this.pushes = page.getByTestId('pushes').getByRole('listitem');
    this.names = page.getByTestId('names');
    this.refused = page.getByTestId('refused');
    this.error = page.getByTestId('error');
  }

  get link(): Link {
    const link = this.links.at(-1);
    if (!link) throw new Error('the page has opened no WebSocket');
    return link;
  }

  /** Opens the page on a server, and leaves it to the caller what state to expect. */
  async goto(url: string, config: Config = {}): Promise<void> {
    await this.page.goto(`/?${new URLSearchParams({ url, config: JSON.stringify(config) })}`);
  }

  /** Opens the page on a server that is there. */
  async open(url: string, config: Config = {}): Promise<void> {
    await this.goto(url, config);
    await this.isOpen();
  }

  async isOpen(): Promise<void> {
    await expect(this.state).toHaveText('open');
  }

  /** Sends what the console says, and does not wait for the answer. */
  async send(route: string, payload: unknown = null, headers: Record<string, unknown> = {}): Promise<void> {
    await this.page.getByTestId('route').fill(route);
    await this.page.getByTestId('payload').fill(JSON.stringify(payload));
    await this.page.getByTestId('headers').fill(JSON.stringify(headers));
    await this.sendButton.click();
  }

  /** The answer to the last `send`, once it is there. */
  async answer(): Promise<Answer> {
    await expect(this.sendButton).toHaveAttribute('aria-busy', 'false');
    return { status: await this.replyStatus.innerText(), reply: await this.reply.innerText() };
  }

  async call(route: string, payload: unknown = null, headers: Record<string, unknown> = {}): Promise<Answer> {
    await this.send(route, payload, headers);
    return this.answer();
  }

  /** Which link of the server this page is on, and how many the server has. */
  async whoAmI(): Promise<{ link: string; open_links: number }> {
    const { reply } = await this.call('whoAmI');
    return JSON.parse(reply);
  }

  async press(button: 'add' | 'remove' | 'close' | 'reconnect'): Promise<void> {
    await this.page.getByTestId(button).click();
  }

  /** Works with another socket from now on. */
  async pick(name: string): Promise<void> {
    await this.page.getByTestId('name').fill(name);
  }
}
