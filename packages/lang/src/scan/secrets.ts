/** Keys and tokens by their shape. Messages show how one begins, never all of it. */
import type { Hit } from './hit.ts';

const privateKey =
  /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY-----(?:\\n|\\r|[\s"'+,]){0,40}[A-Za-z0-9+/=]{24}/g;

interface TokenShape {
  readonly of: string;
  readonly pattern: RegExp;
}

/** Every pattern begins with literal text and repeats boundedly: work grows with the text alone. */
export const tokenShapes: readonly TokenShape[] = [
  { of: 'an AWS access key id', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g },
  { of: 'a GitHub token', pattern: /\bgh[oprsu]_[A-Za-z0-9]{36,255}/g },
  { of: 'a GitHub token', pattern: /\bgithub_pat_[A-Za-z0-9_]{60,120}/g },
  { of: 'a GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,60}/g },
  { of: 'a Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}/g },
  { of: 'an Anthropic key', pattern: /\bsk-ant-[A-Za-z0-9_-]{24,200}/g },
  { of: 'an OpenAI-like key', pattern: /\bsk-(?!ant-)(?:proj-|svcacct-|or-v1-)?[A-Za-z0-9_-]{32,200}/g },
  { of: 'a Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{20,200}/g },
  { of: 'a Stripe key', pattern: /\b[rs]k_live_[A-Za-z0-9]{20,120}/g },
  { of: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
];

export function secretHits(text: string): Hit[] {
  const hits: Hit[] = [];
  for (const match of text.matchAll(privateKey))
    hits.push({ rule: 'secret/private-key', at: match.index, message: 'a private key stands here' });
  for (const { of, pattern } of tokenShapes)
    for (const match of text.matchAll(pattern)) {
      if (!looksRandom(match[0])) continue;
      hits.push({
        rule: 'secret/token',
        at: match.index,
        message: `looks like ${of}: ${match[0].slice(0, 8)}…`,
      });
    }
  return hits;
}

/** Placeholders (`sk-xxxx…`, `AKIAIOSFODNN7EXAMPLE`) repeat themselves or say what they are. */
function looksRandom(token: string): boolean {
  return (
    new Set(token.slice(4)).size >= 10 &&
    !/EXAMPLE|example|your|YOUR|placeholder|xxxx|XXXX|1234567890/.test(token)
  );
}
