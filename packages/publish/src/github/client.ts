/** GitHub's REST API by Octokit, with every failure as a RegistryError. */

import { limits } from '@mlld/format';
import { Octokit } from '@octokit/core';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import type { Ui } from '../ui.ts';
import type { Endpoints } from './endpoints.ts';
import { githubError } from './errors.ts';

export interface GitHubOptions {
  readonly endpoints: Endpoints;
  readonly token?: string | undefined;
  readonly ui: Ui;
}

export interface GitHub {
  readonly endpoints: Endpoints;
  readonly request: Octokit['request'];
}

/** Longest pause, in seconds, that a rate limit may cost before the command gives up and says when to come back. */
const PATIENCE = 60;

/**
 * A client. Questions are asked again when GitHub stumbles; changes never are, because a lost answer does not tell
 * whether the change happened: the caller looks, on the next run. Short rate limits are waited for.
 */
export function createGitHub({ endpoints, token, ui }: GitHubOptions): GitHub {
  const Client = Octokit.plugin(retry, throttling);
  const wait =
    (what: string) => (seconds: number, _options: unknown, _octokit: unknown, retryCount: number) => {
      if (seconds > PATIENCE || retryCount >= 2) return false;
      ui.note(`GitHub's ${what} is reached: waiting ${seconds} s.`);
      return true;
    };
  const octokit = new Client({
    baseUrl: endpoints.api,
    ...(token === undefined ? {} : { auth: token }),
    userAgent: 'mlld-publish',
    // Failures are told by the errors that are thrown.
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    retry: {
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451],
      retries: 2,
      // Milliseconds that are doubled and doubled again: a server of one's own is near.
      retryAfterBaseValue: endpoints.public ? 1000 : 50,
    },
    throttle: {
      onRateLimit: wait('rate limit'),
      onSecondaryRateLimit: wait('secondary rate limit'),
      ...(endpoints.public ? {} : unpaced()),
    },
  });
  octokit.hook.before('request', (options) => {
    if (options.method !== 'GET') options.request.retries = 0;
    options.request.signal = AbortSignal.timeout(limits.answerMs);
  });
  octokit.hook.error('request', (error, options) => {
    throw githubError(error, options);
  });
  return { endpoints, request: octokit.request };
}

/** GitHub asks clients to pause a second between changes. A server of one's own has no such rule. */
function unpaced(): Record<string, unknown> {
  const group = {
    key: () => ({
      schedule: (_: unknown, run: (...args: unknown[]) => unknown, ...args: unknown[]) => run(...args),
    }),
  };
  return { write: group, notifications: group };
}
