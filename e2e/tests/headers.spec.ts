import { expect, test } from '../fixtures.ts';
import { backendUrl } from '../support/ports.ts';

test('global headers are merged into every message, under its own', async ({ demo }) => {
  await demo.open(backendUrl(), { globalHeaders: { token: 'XYZ', lang: 'en' } });
  const global = await demo.call('headers');
  expect(JSON.parse(global.reply)).toEqual({ token: 'XYZ', lang: 'en' });
  const merged = await demo.call('headers', null, { lang: 'fa', trace: 7 });
  expect(JSON.parse(merged.reply)).toEqual({ token: 'XYZ', lang: 'fa', trace: 7 });
});
