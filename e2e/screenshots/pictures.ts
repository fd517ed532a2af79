import type { Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';

const PICTURES = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));

type Clip = { x: number; y: number; width: number; height: number };
type Picture = { png: Buffer; clip: Clip };

function path(name: string): string {
  return `${PICTURES}${name}.png`;
}

/** A picture of the page, with nothing focused and nothing under the pointer. */
export async function take(page: Page, name: string): Promise<void> {
  await rest(page);
  await page.screenshot({ path: path(name), animations: 'disabled' });
}

/** A part of the page. */
export async function part(page: Page, clip: Clip): Promise<Picture> {
  await rest(page);
  return { png: await page.screenshot({ clip, animations: 'disabled' }), clip };
}

async function rest(page: Page): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    scrollTo(0, 0);
  });
}

/** Pictures side by side, each with what it shows. The page is gone after this. */
export async function strip(page: Page, name: string, pictures: [caption: string, picture: Picture][]): Promise<void> {
  const shown = pictures.map(
    ([caption, { png, clip }], index) =>
      `<figure><img alt="" style="aspect-ratio: ${clip.width} / ${clip.height}" src="data:image/png;base64,${png.toString('base64')}"><figcaption><b>${index + 1}</b>${caption}</figcaption></figure>`,
  );
  await page.goto('about:blank');
  await page.setViewportSize({ width: 1440, height: 600 });
  await page.setContent(`<!doctype html><meta name="color-scheme" content="light dark"><style>
    body { display: flex; gap: 24px; height: fit-content; margin: 0; padding: 20px; background: light-dark(#fff, #0d1117); }
    figure { flex: 1; margin: 0; }
    img { display: block; width: 100%; border-radius: 8px; outline: 1px solid light-dark(#ddd, #333); }
    figcaption { display: flex; gap: 8px; align-items: center; margin-top: 12px; font: 17px/1.3 system-ui, sans-serif; color: light-dark(#1c2421, #e6edf3); }
    b { display: grid; place-items: center; flex: none; width: 26px; height: 26px; border-radius: 50%; background: light-dark(#1c2421, #e6edf3); color: light-dark(#fff, #0d1117); font-size: 14px; }
  </style>${shown.join('')}`);
  await page.locator('body').screenshot({ path: path(name) });
}
