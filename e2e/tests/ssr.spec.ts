import { expect, test } from '../fixtures.ts';
import { ssrPort } from '../support/ports.ts';

const url = `http://127.0.0.1:${ssrPort}/`;

test('the server renders the page as it is before there is a connection', async ({ request }) => {
  const html = await (await request.get(url)).text();
  expect(html).toMatch(/data-testid="state"[^>]*>idle</);
  expect(html).toContain('socket-status is-connecting');
  expect(html).toMatch(/data-testid="server"[^>]*>not asked yet</);
});

// Each is rendered on one thread, and may be dropped on another.
test('many pages at once are rendered, and the server lives on', async ({ request }) => {
  const pages = await Promise.all(Array.from({ length: 200 }, () => request.get(url)));
  expect(pages.every((page) => page.ok())).toBe(true);
  expect((await request.get(url)).ok()).toBe(true);
});

// The example is a debug build: only that says where the markup of the server differs.
test('the page hydrates without a word on the console, connects, calls and hears pushes', async ({ page }) => {
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  await page.goto(url);
  await expect(page.getByTestId('state')).toHaveText('open');
  await expect(page.getByRole('status')).toHaveText('online');
  await expect(page.getByTestId('server')).toHaveText('axum');
  await page.getByTestId('say-hello').click();
  await expect(page.getByTestId('hello')).toHaveText('Hello, World!');
  await expect(page.getByTestId('ticks')).not.toHaveText('0');
  expect(said).toEqual([]);
});

test('until the page is hydrated the socket is as the server rendered it', async ({ page }) => {
  // What the page shows, from the server's markup on.
  await page.addInitScript(() => {
    const states: string[] = [];
    Object.assign(window, { states });
    new MutationObserver(() => {
      const state = document.querySelector('[data-testid=state]')?.textContent;
      if (state && state !== states.at(-1)) states.push(state);
    }).observe(document, { childList: true, characterData: true, subtree: true });
  });
  await page.goto(url);
  await expect(page.getByTestId('state')).toHaveText('open');
  expect(await page.evaluate(() => Reflect.get(window, 'states'))).toEqual(['idle', 'connecting', 'open']);
});
