import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostRule, isAllowed } from '../src/policy.ts';

const rules = (...hosts: string[]) => hosts.map(hostRule);

test.each([
  ['api.example.org', 'api.example.org', 443, true],
  ['api.example.org', 'api.example.org', 80, true],
  ['API.Example.org.', 'api.example.org', 443, true],
  ['api.example.org', 'api.example.org', 22, false],
  ['api.example.org:22', 'api.example.org', 22, true],
  ['api.example.org:22', 'api.example.org', 443, false],
  ['api.example.org', 'xapi.example.org', 443, false],
  ['api.example.org', 'api.example.org.evil.example', 443, false],
  ['*.example.org', 'a.b.example.org', 443, true],
  ['*.example.org', 'example.org', 443, false],
  ['*.example.org', 'badexample.org', 443, false],
  ['*', 'anything.example', 443, true],
  ['*', 'anything.example', 25, false],
  ['*', 'localhost', 443, false],
  ['*', '10.0.0.1', 443, false],
  ['localhost:8080', 'localhost', 8080, true],
])('%s: %s:%i %s', (rule, host, port, allowed) => {
  expect(isAllowed(rules(rule), host, port)).toBe(allowed);
});

test.each([
  '',
  '.',
  'a b',
  'http://a.example',
  'a.*.example',
  '**',
  '10.0.0.1',
  '::1',
  'a:0',
  'a:65536',
  'ä.example',
  '-a.example',
])('no host: %j', (text) => {
  expect(() => hostRule(text)).toThrow(expect.objectContaining({ code: 'BAD_CONFIG' }));
});

test('a name allows itself and no other', () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(isAllowed(rules(a), b, 443)).toBe(a === b);
    }),
  );
});
