import { expect, it } from 'vitest';
import { isPrivateAddress, literalAddress } from '../src/dns/address.ts';

it.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fe80::1',
  'fe80::1%eth0',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '2001:db8::1',
  '2001::1',
])('%s is not public', (address) => expect(isPrivateAddress(address)).toBe(true));

it.each([
  '1.1.1.1',
  '93.184.216.34',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '::ffff:1.1.1.1',
  '2002:101:101::',
  '64:ff9b::101:101',
])('%s is public', (address) => expect(isPrivateAddress(address)).toBe(false));

// What a URL parser makes of odd spellings is a plain literal: those are what gets here.
it.each([
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://[::ffff:127.0.0.1]/',
  'http://127.1/',
])('%s spells a private address', (url) => {
  const literal = literalAddress(new URL(url).hostname);
  expect(literal !== undefined && isPrivateAddress(literal)).toBe(true);
});
