import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser: $CHROMIUM, or the first that is installed, as in scripts/lib.sh. */
export function findChromium(): string {
  const directories = (process.env.PATH ?? '').split(delimiter);
  const found =
    process.env.CHROMIUM || NAMES.flatMap((name) => directories.map((d) => join(d, name))).find(isExecutable);
  if (!found) throw new Error('no Chromium was found: run scripts/setup.sh test');
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
