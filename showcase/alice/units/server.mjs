import { serve } from './stdio.mjs';

/** How many of the base unit one of each is. */
const kinds = {
  length: { m: 1, km: 1000, cm: 0.01, mm: 0.001, mi: 1609.344, yd: 0.9144, ft: 0.3048, in: 0.0254, nmi: 1852 },
  mass: { kg: 1, g: 0.001, mg: 0.000001, t: 1000, lb: 0.45359237, oz: 0.028349523125 },
  volume: { l: 1, ml: 0.001, m3: 1000, gal: 3.785411784, pt: 0.473176473, cup: 0.2365882365 },
  speed: { 'm/s': 1, 'km/h': 1 / 3.6, mph: 0.44704, kn: 1852 / 3600 },
  data: { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
};
const temperatures = {
  C: { to: (x) => x, from: (x) => x },
  F: { to: (x) => ((x - 32) * 5) / 9, from: (x) => (x * 9) / 5 + 32 },
  K: { to: (x) => x - 273.15, from: (x) => x + 273.15 },
};

function convert(value, from, to) {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error('value: wanted a number');
  const has = (table, unit) => Object.hasOwn(table, unit);
  if (has(temperatures, from) && has(temperatures, to)) return temperatures[to].from(temperatures[from].to(value));
  const kind = Object.values(kinds).find((table) => has(table, from));
  if (kind === undefined) throw new Error(`there is no unit '${from}'`);
  if (!has(kind, to)) throw new Error(`'${from}' can't be converted to '${to}'`);
  return (value * kind[from]) / kind[to];
}

const unit = { type: 'string', maxLength: 10 };
serve({
  name: 'units',
  version: '1.0.0',
  tools: [
    {
      name: 'convert',
      description: 'A value in another unit, for instance 10 km in mi',
      inputSchema: {
        type: 'object',
        properties: { value: { type: 'number' }, from: unit, to: unit },
        required: ['value', 'from', 'to'],
        additionalProperties: false,
      },
      outputSchema: {
        type: 'object',
        properties: { value: { type: 'number' }, unit: { type: 'string' } },
        required: ['value', 'unit'],
      },
      annotations: { readOnlyHint: true, idempotentHint: true },
      run: ({ value, from, to }) => ({ value: Number(convert(value, from, to).toPrecision(12)), unit: to }),
    },
    {
      name: 'list_units',
      description: 'The units that are known, by what they measure',
      inputSchema: { type: 'object', properties: {}, additionalProperties: false },
      annotations: { readOnlyHint: true, idempotentHint: true },
      run: () => ({
        ...Object.fromEntries(Object.entries(kinds).map(([kind, table]) => [kind, Object.keys(table)])),
        temperature: Object.keys(temperatures),
      }),
    },
  ],
});
