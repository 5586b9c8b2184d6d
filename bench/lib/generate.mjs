// Generated modules that look like the real ones: of the 51 payloads of the live registry the smallest has 1.3 KB, the
// median 12.5 KB, the largest 27.5 KB; two in three are directories; a module has 2.5 versions.
import { functionPool, moduleText } from './module-text.mjs';
import { randomFrom } from './random.mjs';

export const realSizes = { median: 12_500, sigma: 0.8, least: 1300, most: 27_500 };

const words =
  'amber arrow atlas basil beacon birch bloom brook cedar chalk cliff cloud clover comet coral crane crest dawn delta dune ember falcon fern flint forge frost garnet glade harbor hazel heron indigo iris ivory jade juniper kelp lark linen lotus lunar maple marsh meadow mesa mint moss nectar north oak olive onyx opal orchid osprey otter pearl pine plume prairie quartz quill raven reef ridge river robin sage sand shale sierra slate solar spruce stone storm summit swift tansy thistle tide timber topaz trail vale velvet violet walnut willow wren zephyr'.split(
    ' ',
  );

/**
 * Makes modules one after the other; each depends only on modules before it.
 * @param {{seed?: number, count: number, versions?: number, sizes?: object,
 *   imports?: (i: number, random: object) => number[]}} options `versions`: mean of versions a module; `imports`: which
 *   modules the i-th one imports
 * @returns {Generator<object>} `{author, name, ref, about, keywords, releases: [{version, publishedAt, imports, files,
 *   entry, exports}]}`; files are `[{path, text}]`
 */
export function* generateModules({ seed = 1, count, versions = 2.5, sizes = realSizes, imports }) {
  const random = randomFrom(seed);
  const pool = functionPool(random);
  const made = [];
  for (let i = 0; i < count; i++) {
    // A few authors write much and many write little.
    const author = `author-${Math.floor(random.next() ** 2 * Math.max(1, count / 5))}`;
    const name = `${random.pick(words)}-${random.pick(words)}-${i}`;
    const one = {
      author,
      name,
      ref: `@${author}/${name}`,
      about: `${random.pick(words)} ${random.pick(words)}: generated module ${i}`,
      keywords: [random.pick(words), random.pick(words)],
      directory: random.chance(0.68),
    };
    const chosen = (imports ?? popular)(i, random).map((at) => made[at]);
    const bytes = random.size(sizes);
    const text = moduleText({
      random,
      pool,
      reference: one.ref,
      bytes,
      imports: chosen.map(({ ref, exported }) => ({ reference: ref, name: exported })),
    });
    one.exported = text.functions[0].name;
    one.releases = releasesOf(one, { text, random, versions, i, chosen });
    made.push({ ref: one.ref, exported: one.exported });
    yield one;
  }
}

/** Two in five modules import none, the others one to three, mostly old and popular ones. */
function popular(i, random) {
  if (i === 0 || random.chance(0.4)) return [];
  const wanted = Array.from({ length: 1 + random.below(3) }, () => Math.floor(random.next() ** 3 * i));
  return [...new Set(wanted)];
}

/**
 * Imports for `count` modules of which the last `roots` bring all others with them: a forest, three imports each.
 * @returns {(i: number) => number[]}
 */
export function forest(count, roots) {
  return (i) => {
    const fromTop = count - 1 - i;
    const first = roots + 3 * fromTop;
    return [first, first + 1, first + 2].filter((at) => at < count).map((at) => count - 1 - at);
  };
}

function releasesOf(one, { text, random, versions, i, chosen }) {
  const releases = [];
  for (let n = 0; n === 0 || (n < 30 && random.chance(1 - 1 / versions)); n++) {
    const version = `1.${n}.0`;
    const day = new Date(Date.UTC(2025, 0, 1) + (i * 30 + n) * 60_000);
    releases.push({
      version,
      publishedAt: day.toISOString(),
      imports: chosen.map(({ ref }) => [ref, '^1.0.0']),
      exports: text.functions.map(({ name, params, about }) => ({
        name,
        kind: 'exe',
        params: params.map((param) => ({ name: param })),
        about,
      })),
      ...(one.directory ? directory(one, version, text) : singleFile(one, version, text)),
    });
  }
  return releases;
}

function metadataLines(one, version) {
  return [
    `name: ${one.name}`,
    `author: ${one.author}`,
    `version: ${version}`,
    `about: "${one.about}"`,
    'license: CC0',
    `keywords: [${one.keywords.join(', ')}]`,
  ];
}

function singleFile(one, version, { docs, code }) {
  const text = [
    '---',
    ...metadataLines(one, version),
    '---',
    '',
    '/needs { js: [] }',
    '',
    `# ${one.ref}`,
    '',
    `${one.about}.`,
    '',
    '## docs',
    '',
    docs,
    '## module',
    '',
    '```mlld-run',
    `${code}\`\`\``,
    '',
  ].join('\n');
  const path = `${one.name}.mld.md`;
  return { entry: path, files: [{ path, text }] };
}

function directory(one, version, { docs, code }) {
  return {
    entry: 'index.mld',
    files: [
      { path: 'README.md', text: `# ${one.ref}\n\n${one.about}.\n\n## docs\n\n${docs}` },
      { path: 'index.mld', text: `needs { js: [] }\n\n${code}` },
      { path: 'module.yml', text: `${metadataLines(one, version).join('\n')}\nentry: index.mld\n` },
    ],
  };
}
