import { CONNECTION_FAILED, expect, test } from '../fixtures.ts';
import { backendUrl } from '../support/ports.ts';

test.describe('a call', () => {
  test.beforeEach(({ demo }) => demo.open(backendUrl()));

  test('of a typed route shows its decoded payload', async ({ demo, page }) => {
    await page.getByTestId('hello-name').fill('Alireza');
    await page.getByTestId('say-hello').click();
    await expect(page.getByTestId('hello-reply')).toHaveText('Hello, Alireza!');
    await expect(demo.pushes, 'a reply is not a push').toHaveCount(0);
  });

  test('resolves to payload and status of its reply', async ({ demo }) => {
    expect(await demo.call('add', { a: 2, b: 40 })).toEqual({ status: '200', reply: '42' });
    expect(await demo.call('echo', { deep: [1, null, 'é😀'] })).toMatchObject({ status: '200' });
    expect(JSON.parse(await demo.reply.innerText())).toEqual({ deep: [1, null, 'é😀'] });
  });

  test('resolves whatever the status is', async ({ demo }) => {
    for (const code of [201, 402, 403, 500, 799]) {
      expect(await demo.call('status', { code, payload: code })).toEqual({ status: `${code}`, reply: `${code}` });
    }
    expect(await demo.call('noSuchRoute')).toEqual({ status: '404', reply: 'null' });
  });

  test('carries all five keys, a uuid v4 of its own, and gets the reply of that uuid', async ({ demo }) => {
    await demo.call('echo', 1);
    await demo.call('echo', 2);
    const calls = demo.link.sent.filter(({ route }) => route === 'echo');
    for (const call of calls) {
      expect(Object.keys(call).sort()).toEqual(['headers', 'payload', 'route', 'status', 'uuid']);
      expect(call.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    const replies = demo.link.received.filter(({ route }) => route === 'echo');
    expect(replies.map(({ uuid }) => uuid)).toEqual(calls.map(({ uuid }) => uuid));
    expect(new Set(calls.map(({ uuid }) => uuid)).size).toBe(2);
  });

  test('is settled though the server swaps uuid and route', async ({ demo }) => {
    expect(await demo.call('fail', { kind: 'KeyError' })).toEqual({ status: '400', reply: 'null' });
  });

  test('is settled though its payload is not JSON', async ({ demo }) => {
    expect(await demo.call('nan')).toEqual({ status: '200', reply: 'NaN' });
  });

  test('with an answer of half a megabyte', async ({ demo }) => {
    const { reply } = await demo.call('big', { bytes: 500_000 });
    expect(reply).toHaveLength(500_002);
  });

  test('too big for the server is refused before it can kill the link', async ({ demo }) => {
    const { link } = await demo.whoAmI();
    const { status, reply } = await demo.call('echo', 'x'.repeat(1_100_000));
    expect(status).toBe('not sent');
    expect(reply).toMatch(/^not sent: the message has \d+ bytes, and 1048576 are allowed$/);
    expect((await demo.whoAmI()).link).toBe(link);
  });

  test('that is not JSON says so, and nothing leaves', async ({ demo, page }) => {
    await page.getByTestId('payload').fill('{nope');
    await demo.sendButton.click();
    await expect(demo.replyStatus).toHaveText('invalid');
    await expect(demo.reply).toContainText('The payload is not JSON');
  });
});

test('a call that crashes its handler ends as unknown, and the link comes back', async ({ demo, allowErrors }) => {
  allowErrors(CONNECTION_FAILED);
  await demo.open(backendUrl(), { backoffBase: 1 });
  const { status, reply } = await demo.call('fail', { kind: 'ValueError' });
  expect(status).toBe('outcome unknown');
  expect(reply).toBe('outcome unknown: the connection was lost with code 1011 (internal server error)');
  await demo.isOpen();
  expect(await demo.call('echo', 'again')).toEqual({ status: '200', reply: '"again"' });
});

test('the synchronous consumer answers as well', async ({ demo }) => {
  await demo.open(backendUrl('/ws/sync/'));
  expect(await demo.call('add', { a: 1, b: 1 })).toEqual({ status: '200', reply: '2' });
  expect(await demo.call('fail', { kind: 'KeyError' })).toEqual({ status: '400', reply: 'null' });
});
