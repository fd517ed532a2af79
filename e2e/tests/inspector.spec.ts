import { CONNECTION_FAILED, expect, test as base } from '../fixtures.ts';
import { Inspector } from '../pages/inspector.ts';
import { backendUrl } from '../support/ports.ts';

const test = base.extend<{ inspector: Inspector }>({
  inspector: async ({ page }, use) => use(new Inspector(page)),
});

const SECRET = 's3cret-of-a-header';

test('a call is shown with its life', async ({ demo, inspector }) => {
  await demo.open(backendUrl());
  await inspector.open();
  await demo.call('add', { a: 1, b: 2 });
  await inspector.row('reply', 'add').click();
  await expect(inspector.detail.getByRole('listitem')).toHaveText([/^Queued at/, /^Sent /, /^Replied 200 took/]);
  await expect(inspector.detail.locator('pre')).toHaveText('3');
  await inspector.row('call', 'add').click();
  await expect(inspector.detail.locator('pre')).toHaveText(/^{\s+"a": 1,\s+"b": 2\s+}$/);

  await demo.send('slow', { ms: 2_000 });
  await inspector.tab('Calls');
  const call = (route: string) => inspector.panel.getByRole('row', { name: new RegExp(`^${route} `) });
  await expect(call('slow')).toContainText('in flight');
  await expect(call('add')).toContainText('200');
  await expect(call('slow')).not.toContainText('in flight');
});

test('the value of a header is nowhere, though the server repeats it', async ({ demo, inspector }) => {
  await demo.open(`${backendUrl()}?ticket=${SECRET}`, { globalHeaders: { token: SECRET } });
  await inspector.open();
  await demo.call('headers', { note: 'kept', password: SECRET }, { 'x-own': SECRET });
  await demo.call('echo', SECRET);
  await inspector.row('reply', 'headers').click();
  await expect(inspector.detail).toContainText('x-own: •••');
  expect(await inspector.markup()).not.toContain(SECRET);
  await inspector.row('call', 'headers').click();
  await expect(inspector.detail.locator('pre')).toContainText('kept');
  expect(await inspector.markup()).not.toContain(SECRET);
  const file = await inspector.exported();
  expect(JSON.parse(file).messages.length).toBeGreaterThan(3);
  expect(file).not.toContain(SECRET);
  await inspector.search.fill(SECRET);
  await expect(inspector.rows).toHaveCount(0);
});

test('messages are found and filtered', async ({ demo, inspector, page }) => {
  await demo.open(backendUrl());
  await inspector.open();
  await demo.call('ticker', { count: 12, interval_ms: 1 });
  await demo.call('echo', 'needle in a haystack');
  await expect(inspector.row('push', 'tick').first()).toBeVisible();
  await inspector.search.fill('NEEDLE');
  await expect(inspector.rows).toHaveCount(2);
  await inspector.panel.getByLabel('Direction').selectOption('Received');
  await expect(inspector.rows).toHaveCount(1);
  await expect(inspector.rows).toContainText('reply');
  await inspector.search.fill('');
  await inspector.panel.getByLabel('Route').focus();
  await inspector.panel.getByLabel('Route').selectOption('tick');
  await expect(inspector.panel.locator('.shown')).toHaveText('12 shown');
  await inspector.press('push');
  await expect(inspector.panel.getByText('No message matches the filter.')).toBeVisible();
  await inspector.press('push');
  await inspector.press('Pause');
  await demo.call('ticker', { count: 3, interval_ms: 1 });
  await page.getByRole('button', { name: '3 new, show the latest' }).click();
  await expect(inspector.panel.locator('.shown')).toHaveText('15 shown');
  await inspector.press('Clear');
  await expect(inspector.rows).toHaveCount(0);
});

test('the socket is closed and opened again from it', async ({ demo, inspector }) => {
  await demo.open(backendUrl());
  await inspector.open();
  await inspector.press('Close socket');
  await expect(demo.state).toHaveText('closed: closed by the app');
  await expect(inspector.panel.locator('.state-text')).toHaveText('closed: closed by the app');
  await inspector.press('Reconnect');
  await demo.isOpen();
  await expect(inspector.panel.locator('.state-text')).toHaveText('open');
});

test('a server that goes away is seen on the timeline', async ({ demo, inspector, backend, allowErrors }) => {
  allowErrors(CONNECTION_FAILED);
  await demo.open(backend.url(), { backoffBase: 100, backoffMax: 300 });
  await inspector.open();
  const timeline = inspector.panel.locator('.timeline figcaption');
  await expect(timeline).toContainText('open');
  await backend.kill();
  await expect(timeline).toContainText('backoff');
  await expect(inspector.panel.locator('.diagnosis')).toContainText('Likely');
  await backend.start();
  await demo.isOpen();
  await expect(timeline).toContainText('1 gap');
  await inspector.search.fill('1006');
  await expect(inspector.rows.first()).toContainText('was closed with 1006');
});

test('all of it works with the keyboard', async ({ demo, inspector, page }) => {
  await demo.open(backendUrl());
  await demo.page.getByTestId('inspector').focus();
  await page.keyboard.press('Enter');
  await expect(inspector.panel).toBeVisible();
  await demo.call('add', { a: 1, b: 2 });

  await inspector.panel.getByRole('tab', { name: /^Messages/ }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(inspector.panel.getByRole('tab', { name: /^Calls/ })).toBeFocused();
  await expect(inspector.panel.getByRole('region', { name: 'Calls' })).toBeVisible();
  await page.keyboard.press('Home');

  await inspector.list.focus();
  await page.keyboard.press('ArrowDown');
  await expect(inspector.detail.getByRole('heading', { name: 'add' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(inspector.list.getByRole('option', { selected: true })).toContainText('call');
  const active = await inspector.list.getAttribute('aria-activedescendant');
  await expect(inspector.list.getByRole('option', { selected: true })).toHaveAttribute('id', String(active));
  await page.keyboard.press('Escape');
  await expect(inspector.detail).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(inspector.panel).toBeHidden();
  await expect(inspector.opener).toBeFocused();
  await page.keyboard.press('Alt+Shift+KeyI');
  await expect(inspector.panel).toBeFocused();
});

test('a flood of pushes leaves the page small and responsive', async ({ demo, inspector, page }) => {
  await demo.open(backendUrl());
  await inspector.open();
  for (const part of [1, 2]) {
    await demo.call('ticker', { count: 3_000, interval_ms: 0 });
    // While they come, the page answers.
    expect(await demo.call('echo', part)).toEqual({ status: '200', reply: String(part) });
    expect(await inspector.size()).toBeLessThan(1_000);
  }
  await inspector.search.fill('"n": 3000');
  await expect(inspector.rows.first()).toContainText('{"n": 3000}');
  await expect(inspector.panel.locator('.shown')).toContainText('dropped');
  await expect(page.getByTestId('push-count')).toHaveText('6000');
  expect(await inspector.size()).toBeLessThan(1_000);
});

test('while it is hidden it renders nothing, and yet it has seen everything', async ({ demo, inspector, page }) => {
  await demo.open(backendUrl());
  await inspector.open();
  await inspector.press('Hide the inspector');
  await expect(inspector.opener).toBeFocused();
  await inspector.root((root) => {
    Object.assign(window, { changes: 0 });
    const count = (changes: unknown[]) =>
      Object.assign(window, { changes: Reflect.get(window, 'changes') + changes.length });
    const options = { childList: true, subtree: true, characterData: true, attributes: true };
    new MutationObserver(count).observe(root, options);
  });
  await demo.call('ticker', { count: 200, interval_ms: 1 });
  await expect(page.getByTestId('push-count')).toHaveText('200');
  expect(await page.evaluate(() => Reflect.get(window, 'changes'))).toBe(0);
  expect(await inspector.size()).toBeLessThan(5);
  await inspector.opener.click();
  await inspector.search.fill('"n": 77');
  await expect(inspector.rows).toHaveCount(1);
});

test('the strict policy of the page allows its styles, and none of them leak', async ({ demo, inspector, page, allowErrors }) => {
  // What the test itself tries, to see that the policy is in force.
  allowErrors(/inline style/);
  await demo.open(backendUrl());
  await page.evaluate(() => {
    const violated: string[] = [];
    Object.assign(window, { violated });
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => violated.push(effectiveDirective));
    document.body.setAttribute('style', 'margin: 50px');
  });
  const violated = () => page.evaluate(() => Reflect.get(window, 'violated'));
  await expect.poll(violated).toEqual(['style-src-attr']);
  const look = () => demo.sendButton.evaluate((button) => JSON.stringify(Object.entries(getComputedStyle(button))));
  await demo.call('echo', 1);
  const before = await look();
  await inspector.open();
  await expect(inspector.panel).toHaveCSS('position', 'fixed');
  await demo.call('echo', 2);
  await expect(inspector.row('reply', 'echo').first()).toHaveCSS('position', 'absolute');
  await page.mouse.move(0, 0);
  expect(await look()).toBe(before);
  expect(await violated()).toEqual(['style-src-attr']);
});
