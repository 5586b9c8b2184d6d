/** What people say about modules: reviews, advisories, collections. */
import type { CommandRow } from './row.ts';

export const community: readonly CommandRow[] = [
  {
    name: 'review',
    summary: 'Review a module: read it, judge it, sign that',
    load: () => import('../review.ts'),
  },
  {
    name: 'trust',
    summary: "Say how far you believe somebody's reviews",
    load: async () => ({ command: (await import('../trust.ts')).trust }),
  },
  {
    name: 'distrust',
    summary: "Say that somebody's reviews are not to be believed",
    load: async () => ({ command: (await import('../trust.ts')).distrust }),
  },
  {
    name: 'star',
    summary: 'Say that you like a module',
    load: async () => ({ command: (await import('../star.ts')).star }),
  },
  {
    name: 'unstar',
    summary: 'Take your star back',
    load: async () => ({ command: (await import('../star.ts')).unstar }),
  },
  {
    name: 'collection new',
    summary: 'Start a list of modules that you recommend',
    load: async () => ({ command: (await import('../collection/make.ts')).newCollection }),
  },
  {
    name: 'collection add',
    summary: 'Put a module into your list, with the reason',
    load: async () => ({ command: (await import('../collection/make.ts')).addToCollection }),
  },
  {
    name: 'collection sign',
    summary: 'Sign your list and send it to the registry',
    load: async () => ({ command: (await import('../collection/make.ts')).signCollection }),
  },
  {
    name: 'collection list',
    summary: 'Show lists of modules that people recommend',
    load: async () => ({ command: (await import('../collection/show.ts')).listCollections }),
  },
  {
    name: 'collection show',
    summary: 'Show one of those lists, with the reasons',
    load: async () => ({ command: (await import('../collection/show.ts')).showCollection }),
  },
  {
    name: 'report',
    summary: 'Report a module or an author to the people of a registry',
    load: () => import('../report.ts'),
  },
];
