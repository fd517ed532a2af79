import { findExecutable } from './executable.ts';

export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser: $CHROMIUM, or the first that is installed, as in scripts/lib.sh. */
export function chromiumPath(): string | undefined {
  return (
    process.env.CHROMIUM || findExecutable('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
  );
}

export function findChromium(): string {
  const found = chromiumPath();
  if (!found) throw new Error('no Chromium was found: run scripts/setup.sh test');
  return found;
}
