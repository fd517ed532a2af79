import { ssrPort } from '../support/ports.ts';
import { test } from './fixtures.ts';
import { id, Page } from './pages/page.ts';

// That it says nothing on the console is a check of `newTab`.
test('a page that a server rendered hydrates, connects, calls and hears pushes', async ({ newTab }) => {
  const page = new Page(await newTab());
  await page.tab.goto(`http://127.0.0.1:${ssrPort}/`);
  await page.shows(id('state'), 'open');
  await page.shows('[role=status]', 'online');
  await page.shows(id('server'), 'axum');
  await page.tab.click(id('say-hello'));
  await page.shows(id('hello'), 'Hello, World!');
  await page.shows(id('ticks'), /^[1-9]/);
});
