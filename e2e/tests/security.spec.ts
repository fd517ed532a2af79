import type { Page } from '@playwright/test';
import { expect, test } from '../board-fixtures.ts';
import { Demo } from '../pages/demo.ts';
import { backendUrl } from '../support/ports.ts';

const MARKUP = `<img src="x" onerror="document.title = 'run'">`;
const INJECTED = `${MARKUP}<script>document.title = 'run';</script>`;

/** What the policy of the page refuses, from its start on. */
async function violations(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const seen: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
    Object.assign(window, { violations: seen });
  });
  return () => page.evaluate(() => (window as unknown as { violations: string[] }).violations);
}

/** Puts markup into the page as a hole in the app would; its scripts run if they may. */
async function inject(page: Page): Promise<void> {
  await page.evaluate((markup) => {
    document.body.append(document.createRange().createContextualFragment(markup));
  }, INJECTED);
}

test('the policy allows the page its own scripts and WebAssembly, and nothing else', async ({ demo, page }) => {
  await demo.open(backendUrl());
  const content = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  const policy = new Map(content?.split('; ').map((rule) => rule.split(/ (.*)/, 2) as [string, string]));
  expect(policy.get('default-src')).toBe("'none'");
  expect(policy.get('script-src')).toBe("'self' 'wasm-unsafe-eval'");
  expect(policy.get('style-src')).toBe("'self'");
});

test('no page of the demo violates the policy', async ({ tab }) => {
  const ann = await tab('Ann');
  const seen = await violations(ann.page);
  await ann.page.reload();
  await ann.isLive();
  await ann.open(1);
  await ann.say('Hello');
  await expect(ann.lines).toHaveText(['Hello']);
  const console = new Demo(ann.page);
  await console.open(backendUrl());
  await console.call('ticker', { count: 3, interval_ms: 1 });
  await expect(console.pushes).toHaveCount(3);
  expect(await seen()).toEqual([]);
});

test('an inline script that gets into the page does not run', async ({ demo, page, allowErrors }) => {
  allowErrors(/Content Security Policy/);
  const seen = await violations(page);
  await demo.open(backendUrl());
  await inject(page);
  await expect.poll(seen).toEqual(expect.arrayContaining(['script-src-elem', 'script-src-attr']));
  await expect(page).toHaveTitle('Dispatch');
});

test.describe('without the policy', () => {
  test.use({ bypassCSP: true });

  test('it would run', async ({ demo, page, allowErrors }) => {
    allowErrors(/404/);
    await demo.open(backendUrl());
    await inject(page);
    await expect(page).toHaveTitle('run');
  });

  test('markup in a chat and in a title is text', async ({ tab }) => {
    const [ann, ben] = [await tab('Ann'), await tab('Ben')];
    await ann.open(1);
    await ben.open(1);
    await ann.say(MARKUP);
    await ann.rename(MARKUP);
    await expect(ben.lines).toHaveText([MARKUP]);
    await expect(ben.job(1)).toHaveText(MARKUP);
    for (const { page } of [ann, ben]) {
      await expect(page.locator('img')).toHaveCount(0);
      await expect(page).toHaveTitle('Dispatch');
    }
  });

  test('markup in a push and in a reply is text', async ({ demo, page }) => {
    await demo.open(backendUrl());
    expect((await demo.call('pushOnce', { payload: MARKUP })).status).toBe('200');
    await expect(demo.pushes).toContainText([JSON.stringify(MARKUP)]);
    expect((await demo.call('sayHello', { name: MARKUP })).reply).toContain(JSON.stringify(MARKUP).slice(1, -1));
    await expect(page.locator('img')).toHaveCount(0);
    await expect(page).toHaveTitle('Dispatch');
  });
});
