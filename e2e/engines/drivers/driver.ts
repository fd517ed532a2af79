/** The least that a browser has to offer, so that one suite can drive all engines. */

export type EngineName = 'chromium' | 'firefox' | 'webkit';

export interface Engine {
  readonly name: EngineName;
  /** The Debian packages that it comes with. */
  readonly packages: readonly string[];
  isInstalled(): boolean;
  start(): Promise<Browser>;
}

export interface Browser {
  /** What it calls itself, with its version. */
  readonly version: string;
  /** The warnings and errors on the consoles of its pages, uncaught exceptions among them, where the driver tells. */
  readonly complaints?: readonly string[];
  /** Opens a tab, hidden behind another one where the driver can do that. All tabs share cookies and storage. */
  newTab(options?: { hidden: boolean }): Promise<Tab>;
  close(): Promise<void>;
}

export interface Tab {
  goto(url: string): Promise<void>;
  /** Goes back in its history. The page before may be there before this returns, or after. */
  back(): Promise<void>;
  /** Runs a function in the page. It sees only its arguments, and what it returns must be JSON. */
  evaluate<Args extends unknown[], Result>(body: (...args: Args) => Result, ...args: Args): Promise<Result>;
  /** These three wait for the element that the CSS selector names, and bring the tab to the front where it matters. */
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  choose(selector: string, label: string): Promise<void>;
  close(): Promise<void>;
}

/** Runs in the page: what typing comes to, and what Playwright does too. Not every driver can type all of Unicode. */
export function typeInto(selector: string, text: string): void {
  const field = document.querySelector<HTMLInputElement>(selector);
  field?.focus();
  if (field) field.value = text;
  field?.dispatchEvent(new InputEvent('input', { bubbles: true }));
}
