import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { findExecutable, isExecutable } from '../../support/executable.ts';
import { freePort } from '../../support/ports.ts';
import { ServerProcess } from '../../support/process.ts';
import { type Browser, type Engine, type Tab, typeInto } from './driver.ts';

/** The key under which WebDriver names an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
/** How long the driver looks for an element. */
const IMPLICIT_WAIT_MS = 10_000;

const driverPath = () => findExecutable('WebKitWebDriver');
const xvfbPath = () => findExecutable('Xvfb');

/** WebKitGTK's own little browser, which is in no directory of commands. */
function browserPath(): string | undefined {
  const libraries = readdirSync('/usr/lib').map((triplet) => join('/usr/lib', triplet, 'webkit2gtk-4.1/MiniBrowser'));
  return libraries.find(isExecutable);
}

/** WebKit, driven over plain WebDriver on a screen that nobody sees. */
export const WebKit: Engine = {
  name: 'webkit',
  packages: ['webkit2gtk-driver', 'xvfb'],
  isInstalled: () => [driverPath(), xvfbPath(), browserPath()].every(Boolean),

  async start(): Promise<Browser> {
    const screen = spawn(xvfbPath() ?? '', ['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', '1280x1024x24'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    // It says which display it took once it is ready.
    const [display] = await once(screen.stdio[3] as Readable, 'data');
    const port = await freePort();
    const driver = new ServerProcess(driverPath() ?? '', [`--port=${port}`], `http://127.0.0.1:${port}/status`, {
      DISPLAY: `:${String(display).trim()}`,
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    });
    await driver.start();
    return WebKitBrowser.start(`http://127.0.0.1:${port}/session`, driver, screen);
  },
};

/** What the answer to `POST /session` says. */
interface NewSession {
  sessionId: string;
  capabilities: { browserVersion: string };
}

class WebKitBrowser implements Browser {
  private constructor(
    readonly version: string,
    private readonly session: Session,
    private readonly driver: ServerProcess,
    private readonly screen: ChildProcess,
  ) {}

  static async start(url: string, driver: ServerProcess, screen: ChildProcess): Promise<WebKitBrowser> {
    const options = { binary: browserPath(), args: ['--automation'] };
    const { sessionId, capabilities } = await request<NewSession>('POST', url, {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
    });
    const session = await Session.of(`${url}/${sessionId}`);
    await session.post('/timeouts', { implicit: IMPLICIT_WAIT_MS });
    const version = `WebKitGTK ${capabilities.browserVersion}`;
    return new WebKitBrowser(version, session, driver, screen);
  }

  async newTab({ hidden } = { hidden: false }): Promise<Tab> {
    // A new tab stays behind the one that is there. A window of its own is visible.
    const type = hidden ? 'tab' : 'window';
    await this.session.switchTo(this.session.home);
    const { handle } = await this.session.post<{ handle: string }>('/window/new', { type });
    return new WebKitTab(this.session, handle);
  }

  async close(): Promise<void> {
    await this.session.end();
    await this.driver.kill();
    this.screen.kill();
  }
}

/** A session has a current tab, and each command is for that. */
class Session {
  private current: string;

  private constructor(
    private readonly url: string,
    /** The tab that is there from the start, and stays. */
    readonly home: string,
  ) {
    this.current = home;
  }

  static async of(url: string): Promise<Session> {
    return new Session(url, await request('GET', `${url}/window`));
  }

  post<Value = unknown>(path: string, body: object = {}): Promise<Value> {
    return request('POST', this.url + path, body);
  }

  async switchTo(handle: string): Promise<void> {
    if (handle === this.current) return;
    await this.post('/window', { handle });
    this.current = handle;
  }

  async closeTab(): Promise<void> {
    await request('DELETE', `${this.url}/window`);
    this.current = '';
  }

  async end(): Promise<void> {
    await request('DELETE', this.url);
  }
}

class WebKitTab implements Tab {
  constructor(
    private readonly session: Session,
    private readonly handle: string,
  ) {}

  async goto(url: string): Promise<void> {
    await this.post('/url', { url });
  }

  async back(): Promise<void> {
    await this.post('/back');
  }

  evaluate<Args extends unknown[], Result>(body: (...args: Args) => Result, ...args: Args): Promise<Result> {
    return this.post('/execute/sync', { script: `return (${body})(...arguments)`, args });
  }

  async click(selector: string): Promise<void> {
    await this.post(`/element/${await this.find('css selector', selector)}/click`);
  }

  async fill(selector: string, text: string): Promise<void> {
    await this.find('css selector', selector);
    await this.evaluate(typeInto, selector, text);
  }

  async choose(selector: string, label: string): Promise<void> {
    const select = await this.find('css selector', selector);
    const option = await this.find('xpath', `.//option[normalize-space()="${label}"]`, `/element/${select}`);
    await this.post(`/element/${option}/click`);
  }

  async close(): Promise<void> {
    await this.session.switchTo(this.handle);
    await this.session.closeTab();
  }

  private async find(using: string, value: string, below = ''): Promise<string> {
    const found = await this.post<Record<string, string>>(`${below}/element`, { using, value });
    return found[ELEMENT] ?? '';
  }

  private async post<Value>(path: string, body: object = {}): Promise<Value> {
    await this.session.switchTo(this.handle);
    return this.session.post(path, body);
  }
}

async function request<Value>(method: string, url: string, body?: object): Promise<Value> {
  const response = await fetch(url, { method, body: body && JSON.stringify(body) });
  const { value } = (await response.json()) as { value: Value & { error?: string; message?: string } };
  if (!response.ok) throw new Error(`WebDriver: ${value.error}: ${value.message}`);
  return value;
}
