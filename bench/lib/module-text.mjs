// Text of generated modules: functions in mlld and JavaScript with documentation, made of words, in the proportions of
// real modules (about half documentation, half code; a whole module compresses to about a quarter).
const nouns =
  'table row cell text list word line file date price order token header record field index path entry node value range group total prompt answer model page link title image event state score limit chunk batch cache query filter report user note task step label key tag unit set map'.split(
    ' ',
  );
const verbs =
  'format parse join split merge sort find group count trim wrap align escape render select reduce expand collect compare sum chunk fill scan clean rank round pick read write shift encode decode limit match replace index pad slice'.split(
    ' ',
  );
const adjectives =
  'plain sorted empty quoted nested first last longest shared strict loose narrow stable common unique open whole short simple safe'.split(
    ' ',
  );

const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** A function in JavaScript: `{name, params, about, code, docs}`. */
function makeFunction(random, number) {
  const noun = random.pick(nouns);
  const name = `${random.pick(verbs)}${capital(random.pick(adjectives))}${capital(noun)}${number}`;
  const params = [noun, random.pick(nouns)].map((param, i) => (i === 0 ? `${param}s` : `${param}Option`));
  const about = `${capital(name.match(/^[a-z]+/)[0])}s the ${random.pick(adjectives)} ${noun}s of a ${random.pick(nouns)}, ${random.pick(adjectives)} ones ${random.pick(['first', 'last', 'apart', 'together', 'aside'])}.`;
  return {
    name,
    params,
    about,
    code: jsFunction(random, name, params),
    docs: docsOf(random, name, params, about),
  };
}

function jsFunction(random, name, params) {
  const [items, option] = params;
  const lines = [
    `exe @${name}(${params.join(', ')}) = js {`,
    `  const source = Array.isArray(${items}) ? ${items} : [];`,
    `  const settings = ${option} ?? {};`,
  ];
  const steps = 2 + random.below(6);
  for (let i = 0; i < steps; i++) lines.push(...statement(random, i));
  lines.push(`  return found${random.below(steps)};`, '}', '');
  return lines.join('\n');
}

function statement(random, i) {
  const item = random.pick(nouns);
  const field = random.pick(nouns);
  const before = i === 0 ? 'source' : `found${random.below(i)}`;
  switch (random.below(4)) {
    case 0:
      return [
        `  const found${i} = ${before}.filter((${item}) => ${item} !== null && ${item}.${field} !== settings.${random.pick(nouns)});`,
      ];
    case 1:
      return [
        `  const found${i} = ${before}.map((${item}, index) => ({ ...${item}, ${field}: index + ${random.below(9)}, ${random.pick(verbs)}: String(${item}.${field} ?? '') }));`,
      ];
    case 2:
      return [
        `  const found${i} = [];`,
        `  for (const ${item} of ${before}) {`,
        `    if (settings.${field} === undefined || ${item}.${field} > ${random.below(100)}) found${i}.push(${item});`,
        `    else if (${item}.${random.pick(nouns)}) found${i}.unshift({ ...${item}, ${field}: '${random.pick(adjectives)}' });`,
        '  }',
      ];
    default:
      return [
        `  // ${capital(random.pick(adjectives))} ${item}s are kept: ${random.pick(verbs)} needs them.`,
        `  const found${i} = [...${before}].sort((a, b) => String(a.${field}).localeCompare(String(b.${field})));`,
      ];
  }
}

function docsOf(random, name, params, about) {
  const sentence = () =>
    `${capital(random.pick(adjectives))} ${random.pick(nouns)}s ${random.pick(verbs)} to a ${random.pick(adjectives)} ${random.pick(nouns)}, and each ${random.pick(nouns)} without a ${random.pick(nouns)} is left as it is.`;
  const more = Array.from({ length: 1 + random.below(3) }, sentence).join(' ');
  return [`### \`${name}(${params.join(', ')})\``, '', about, more, '', '@example@', ''].join('\n');
}

function exampleOf(reference, { name }, random) {
  const field = random.pick(nouns);
  return [
    '```mlld',
    `import { @${name} } from ${reference}`,
    '',
    `var @made = @${name}([{ ${field}: ${random.below(90)} }, { ${field}: ${random.below(90)} }])`,
    'show @made',
    '```',
  ].join('\n');
}

/** Functions to make modules of; drawing from a pool keeps the generator fast. */
export function functionPool(random, size = 400) {
  return Array.from({ length: size }, (_, i) => makeFunction(random, i));
}

/**
 * The text of one module.
 * @param {{random: object, pool: object[], reference: string, about: string, bytes: number,
 *   imports: readonly {reference: string, name: string}[]}} options `bytes`: how long the whole module should be
 * @returns {{functions: object[], docs: string, code: string}} functions are what it exports
 */
export function moduleText({ random, pool, reference, bytes, imports }) {
  const first = random.below(pool.length);
  const functions = [];
  const docs = [];
  const code = imports.map((one, i) => `import { @${one.name} as @dep${i} } from ${one.reference}`);
  if (code.length > 0) code.push('');
  for (let size = 300, i = 0; i < 60 && (i < 2 || size < bytes); i++) {
    const one = pool[(first + i) % pool.length];
    const text = one.docs.replace('@example@', exampleOf(reference, one, random));
    functions.push(one);
    docs.push(text);
    code.push(one.code);
    size += text.length + one.code.length + one.name.length + 3;
  }
  for (const i of imports.keys()) code.push(`exe @with${i}(items) = @dep${i}(@items, {})`, '');
  code.push(`export { ${functions.map((one) => `@${one.name}`).join(', ')} }`, '');
  return { functions, docs: docs.join('\n'), code: code.join('\n') };
}
