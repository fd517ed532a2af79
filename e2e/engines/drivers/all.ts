import { Chromium } from './chromium.ts';
import type { Engine } from './driver.ts';
import { Firefox } from './firefox.ts';
import { WebKit } from './webkit.ts';

export const ENGINES: readonly Engine[] = [Chromium, Firefox, WebKit];
