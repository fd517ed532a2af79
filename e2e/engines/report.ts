import { readFileSync, writeFileSync } from 'node:fs';
import type { FullConfig, FullResult, Reporter, Suite, TestCase, TestResult } from '@playwright/test/reporter';
import { DIFFERENCES } from './differences.ts';
import { ENGINES } from './drivers/all.ts';

const NAMES = ENGINES.map(({ name }) => name);
const TITLES = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKit' } as const;

/** Writes what was tested, and in which versions, into docs/ENGINES.md and the README. */
export default class Report implements Reporter {
  private readonly versions = new Map<string, string>();
  private titles: ReadonlySet<string> = new Set();

  /** In the order of the files, which is not the one in which tests end. */
  onBegin(_: FullConfig, suite: Suite): void {
    const tests = suite.allTests().filter(({ location }) => !location.file.endsWith('differences.spec.ts'));
    this.titles = new Set(tests.map(({ title }) => title));
  }

  onTestEnd(test: TestCase, { annotations }: TestResult): void {
    const version = annotations.find(({ type }) => type === 'version')?.description;
    const engine = test.parent.project()?.name;
    if (version && engine) this.versions.set(engine, version);
  }

  onEnd({ status }: FullResult): void {
    if (status !== 'passed' || this.versions.size < ENGINES.length) return;
    const versions = NAMES.map((name) => this.versions.get(name) ?? '');
    const document = new URL('../../docs/ENGINES.md', import.meta.url);
    replace(document, 'versions', versions.map((version) => `- ${version}`));
    replace(document, 'behaviour', [...this.titles].map((title) => `- ${sentence(title)}.`));
    replace(document, 'differences', [
      `| | ${NAMES.map((name) => TITLES[name]).join(' | ')} | |`,
      '| --- | --- | --- | --- | --- |',
      ...Object.values(DIFFERENCES).map((difference) => {
        const { what, so } = difference;
        return `| ${what} | ${NAMES.map((name) => difference[name]).join(' | ')} | ${so} |`;
      }),
    ]);
    const last = versions.pop();
    replace(new URL('../../README.md', import.meta.url), 'engines', [
      `Tested in ${versions.join(', ')} and ${last}: [what was tested, and what each of them does](docs/ENGINES.md).`,
    ]);
  }
}

const sentence = (title: string) => title.charAt(0).toUpperCase() + title.slice(1);

/** Replaces what is between two marks of the file. */
function replace(file: URL, mark: string, lines: readonly string[]): void {
  const [from, to] = [`<!-- ${mark} -->`, `<!-- end of ${mark} -->`];
  const [before, rest] = readFileSync(file, 'utf8').split(from);
  const after = rest?.split(to)[1];
  if (after === undefined) throw new Error(`${file} has no marks for its ${mark}`);
  writeFileSync(file, [before, from, '\n\n', lines.join('\n'), '\n\n', to, after].join(''));
}
