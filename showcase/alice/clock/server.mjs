import { serve } from './stdio.mjs';

const zone = { type: 'string', description: 'An IANA time zone such as Europe/Oslo', maxLength: 60 };
const instant = { type: 'string', description: 'A time such as 2026-03-01T12:00:00Z', maxLength: 40 };
const readOnly = { readOnlyHint: true, idempotentHint: true };

function timeOf(text) {
  const time = new Date(text);
  if (typeof text !== 'string' || Number.isNaN(time.getTime())) throw new Error(`'${text}' is no time`);
  return time;
}

function shown(time, timeZone) {
  try {
    const parts = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'long' });
    return { zone: timeZone, text: parts.format(time), instant: time.toISOString() };
  } catch {
    throw new Error(`there is no time zone '${timeZone}'`);
  }
}

function between(from, to) {
  let seconds = Math.round((timeOf(to) - timeOf(from)) / 1000);
  const sign = seconds < 0 ? '-' : '';
  seconds = Math.abs(seconds);
  const parts = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ].filter(([count]) => count > 0);
  return sign + (parts.map(([count, unit]) => `${count} ${unit}`).join(' ') || '0 s');
}

serve({
  name: 'clock',
  version: '1.0.0',
  tools: [
    {
      name: 'now',
      description: 'The time now, in a time zone',
      inputSchema: { type: 'object', properties: { zone }, required: ['zone'], additionalProperties: false },
      annotations: { readOnlyHint: true },
      run: ({ zone }) => shown(new Date(), zone),
    },
    {
      name: 'convert',
      description: 'A time as the clocks of a time zone show it',
      inputSchema: {
        type: 'object',
        properties: { time: instant, zone },
        required: ['time', 'zone'],
        additionalProperties: false,
      },
      annotations: readOnly,
      run: ({ time, zone }) => shown(timeOf(time), zone),
    },
    {
      name: 'between',
      description: 'How long from one time to another',
      inputSchema: {
        type: 'object',
        properties: { from: instant, to: instant },
        required: ['from', 'to'],
        additionalProperties: false,
      },
      annotations: readOnly,
      run: ({ from, to }) => between(from, to),
    },
  ],
});
