import { CONNECTION_FAILED, expect, test } from '../fixtures.ts';
import type { Demo } from '../pages/demo.ts';

test.beforeEach(({ demo, backend }) => demo.open(backend.url()));

async function add(demo: Demo, name: string): Promise<void> {
  await demo.pick(name);
  await demo.press('add');
  await demo.isOpen();
}

test('several sockets live side by side, each with its own link and pushes', async ({ demo }) => {
  const app = await demo.whoAmI();
  await add(demo, 'chat');
  await expect(demo.names).toHaveText('app, chat');
  const chat = await demo.whoAmI();
  expect(chat.link).not.toBe(app.link);
  expect(chat.open_links).toBe(2);

  await demo.call('pushOnce', { payload: 'hi' });
  await expect(demo.pushes).toHaveText([/^chat/]);

  await demo.press('close');
  await expect(demo.state).toHaveText(/^closed/);
  await demo.pick('app');
  await expect(demo.state).toHaveText('open');
  expect((await demo.whoAmI()).link).toBe(app.link);
});

test('a name that is taken is refused, and the socket of that name is left alone', async ({ demo }) => {
  const before = await demo.whoAmI();
  await demo.press('add');
  await expect(demo.refused).toHaveText('there is a socket of that name already');
  expect(await demo.whoAmI()).toEqual(before);
  expect(demo.links).toHaveLength(1);
});

test('with force the socket of that name is closed and replaced', async ({ demo, page }) => {
  const before = await demo.whoAmI();
  await page.getByTestId('force').check();
  await demo.press('add');
  await expect.poll(() => demo.links.length).toBe(2);
  await demo.isOpen();
  await expect.poll(() => demo.links[0]?.closed).toBe(true);
  const after = await demo.whoAmI();
  expect(after.link).not.toBe(before.link);
  expect(after.open_links).toBe(1);
});

test('remove closes the socket, and its name is free again', async ({ demo }) => {
  const before = await demo.whoAmI();
  await demo.press('remove');
  await expect(demo.state).toHaveText('closed: removed');
  await expect(demo.names).toHaveText('');
  await expect.poll(() => demo.link.closed).toBe(true);
  expect(await demo.call('echo')).toEqual({ status: 'invalid', reply: 'there is no such socket' });

  await demo.press('add');
  await demo.isOpen();
  const after = await demo.whoAmI();
  expect(after.link).not.toBe(before.link);
  expect(after.open_links).toBe(1);
});

test('a removed socket never comes back by itself', async ({ demo, backend, allowErrors }) => {
  allowErrors(CONNECTION_FAILED);
  await backend.kill();
  await expect(demo.state).toHaveText(/^(backoff|connecting)/);
  await demo.press('remove');
  const opened = demo.links.length;
  await backend.start();
  await add(demo, 'other');
  expect(demo.links).toHaveLength(opened + 1);
  expect((await demo.whoAmI()).open_links).toBe(1);
});
