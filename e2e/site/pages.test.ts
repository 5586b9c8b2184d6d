/** Each kind of page in a real browser: what people do with it, how it looks to a screen reader, what it costs, what it withstands. */
import { describe } from 'vitest';
import { missing } from './browser.ts';
import { hostileTests } from './pages/hostile.ts';
import { kindTests } from './pages/kinds.ts';
import { lookTests } from './pages/look.ts';
import { moduleTests } from './pages/module.ts';
import { searchTests } from './pages/search.ts';
import { useSite } from './pages/site.ts';
import { verifyTests } from './pages/verify.ts';

describe.skipIf(missing !== undefined)(
  `pages${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    const site = useSite();
    lookTests(site);
    searchTests(site);
    moduleTests(site);
    verifyTests(site);
    kindTests(site);
    hostileTests(site);
  },
);
