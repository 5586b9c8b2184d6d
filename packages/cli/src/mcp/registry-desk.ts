/** What answers the tools of `mlld mcp serve-registry`: the client, with what authors wrote kept apart and made visible. */
import type { Client, KnownIndex, ModuleInfo } from '@mlld/client';
import {
  type AdvisoryEntry,
  besideKey,
  type Evidence,
  type IndexVersion,
  isRegistryError,
  type ModuleName,
  parseModuleName,
  parseRef,
  RegistryError,
} from '@mlld/format';
import { analyse } from '@mlld/lang';
import { type RegistryDesk, type Shaped, visible, visibleLine } from '@mlld/mcp';
import { atATime } from '@mlld/publish';
import type { SearchRecord } from '@mlld/search';
import { affectedBy } from '@mlld/trust';
import { signatureOf } from '../signature.ts';

export function registryDesk(client: Client): RegistryDesk {
  return {
    search: async (query, { limit, kind }) => {
      const search = await client.search();
      const answer = await search.search(kind === undefined ? query : `${query} kind:${kind}`, { limit });
      return {
        registry: search.registry,
        total: answer.total,
        modules: answer.hits.map(({ record }) => foundOf(record)),
        corrections: answer.corrections.map(({ from, to }) => ({
          from: visibleLine(from),
          to: visibleLine(to),
        })),
      };
    },
    similar: async (name) => {
      const search = await client.search();
      const records = await search.similar(parseModuleName(name));
      return { registry: search.registry, modules: records.map(foundOf) };
    },
    info: async (ref) => infoOf(client, await client.info(ref)),
    docs: (ref, exported) => docsOf(client, ref, exported),
    versions: async (name) => versionsOf(client, name),
    verify: (ref) => verifyOf(client, ref),
    audit: (refs) => (refs === undefined ? auditProject(client) : auditRefs(client, refs)),
    plan: (refs) => planOf(client, refs),
    markdown: async (ref) => {
      const { name, version, entry, files } = await client.read(ref);
      const bytes = files.get('README.md') ?? (/\.md$/.test(entry) ? files.get(entry) : undefined);
      if (bytes === undefined)
        throw new RegistryError('FILE_NOT_FOUND', `${name}@${version} has no README.md`);
      return { of: `${name}@${version}`, text: new TextDecoder().decode(bytes) };
    },
  };
}

function foundOf(record: SearchRecord): Shaped {
  const { name, version, kind, score, needs, licence, updated } = record;
  return {
    name,
    version,
    kind,
    ...(score === undefined ? {} : { score }),
    marks: [
      ...(record.yanked ? ['yanked'] : []),
      ...(record.deprecated ? ['deprecated'] : []),
      ...(record.safe ? [] : ['advisory']),
      ...(record.signed ? ['signed'] : []),
      ...(record.reviewed ? ['reviewed'] : []),
    ],
    needs: needs.map((need) => visibleLine(need, 50)),
    licence: visibleLine(licence, 100),
    updated,
    untrusted: {
      about: visibleLine(record.about),
      keywords: record.keywords.map((one) => visibleLine(one, 50)),
      exports: record.exports.slice(0, 50).map((one) => visibleLine(one, 100)),
    },
  };
}

async function infoOf(client: Client, found: ModuleInfo): Promise<Shaped> {
  const { header, version, versions, registry, locked, summary } = found;
  const { score } = await client.opinion(`${header.name}@${version.version}`);
  const yanked = header.yanked.get(version.version);
  const { deprecated } = header;
  return {
    registry,
    name: header.name,
    version: version.version,
    kind: version.kind,
    versions,
    tags: Object.fromEntries(header.tags),
    owners: header.owners,
    needs: version.needs,
    imports: Object.fromEntries(version.imports),
    exports: (version.exports ?? []).map((one) => visibleLine(one, 100)),
    licence: visibleLine(version.license, 100),
    ...(version.publishedAt === undefined ? {} : { published: version.publishedAt }),
    ...(version.digest === undefined ? {} : { digest: `sha256:${version.digest}` }),
    evidence: version.evidence,
    score: {
      ...(score.insufficient === undefined ? { value: score.value } : {}),
      reasons: [
        ...(score.insufficient === undefined
          ? []
          : [`insufficient data: ${visibleLine(score.insufficient)}`]),
        ...score.parts.map(
          ({ name, points, most, reason }) => `${name} ${points}/${most}: ${visibleLine(reason)}`,
        ),
        ...score.caps.map(({ most, reason }) => `at most ${most}: ${visibleLine(reason)}`),
      ],
    },
    ...(yanked === undefined ? {} : { yanked: 'yes' }),
    ...(deprecated === undefined
      ? {}
      : {
          deprecated: {
            message: 'see untrusted.deprecated',
            ...(deprecated.replacedBy === undefined ? {} : { replacedBy: deprecated.replacedBy }),
          },
        }),
    advisories: header.advisories.map((id) => visibleLine(id, 50)),
    ...(locked === undefined ? {} : { locked: locked.version }),
    install: `mlld add ${header.name}`,
    import: `import { … } from ${header.name}`,
    untrusted: {
      about: visibleLine(header.about),
      ...(summary === undefined ? {} : { summary: visible(summary, 4000) }),
      ...(yanked === undefined ? {} : { yanked: visibleLine(yanked, 500) }),
      ...(deprecated === undefined ? {} : { deprecated: visibleLine(deprecated.message, 500) }),
    },
  };
}

async function docsOf(client: Client, ref: string, exported: string | undefined): Promise<Shaped> {
  const { name, version, entry, files } = await client.read(ref);
  const textAt = (file: string) => {
    const bytes = files.get(file);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  const readme = textAt('README.md');
  const analysis = await analyse(textAt(entry) ?? '', {
    file: entry,
    ...(readme === undefined ? {} : { readme }),
  });
  const wanted = exported?.replace(/^@/, '');
  const exports = analysis.exports.filter((one) => wanted === undefined || one.name === wanted);
  if (wanted !== undefined && exports.length === 0)
    throw new RegistryError(
      'EXPORT_NOT_FOUND',
      `${name}@${version} exports no '${visibleLine(wanted, 100)}'`,
      {
        hint: `It exports: ${analysis.exports.map((one) => one.name).join(', ')}`,
      },
    );
  const summary = analysis.frontmatter?.about ?? analysis.docs.tldr;
  return {
    name,
    version,
    untrusted: {
      ...(summary === undefined ? {} : { summary: visible(summary, 4000) }),
      exports: exports.slice(0, 200).map((one) => ({
        name: one.name,
        signature: visibleLine(signatureOf(one), 400),
        ...(one.doc === undefined ? {} : { doc: visible(one.doc, 4000) }),
        examples: one.examples.slice(0, 5).map(({ code, expected }) => ({
          code: visible(code, 2000),
          ...(expected === undefined ? {} : { expected: visible(expected, 2000) }),
        })),
      })),
    },
  };
}

async function versionsOf(client: Client, name: string): Promise<Shaped> {
  const { header, versions, registry } = await client.index(name);
  return {
    registry,
    name: header.name,
    versions: versions.slice(0, 500).map(({ version, publishedAt, evidence, needs }) => ({
      version,
      ...(publishedAt === undefined ? {} : { published: publishedAt }),
      evidence,
      needs: needs.map((need) => visibleLine(need, 50)),
      yanked: header.yanked.has(version),
      tags: [...header.tags].flatMap(([tag, at]) => (at === version ? [tag] : [])),
    })),
  };
}

async function verifyOf(client: Client, ref: string): Promise<Shaped> {
  const report = await client.verify(ref);
  const { name, version, registry, steps, evidence, error } = report;
  return {
    name,
    version,
    registry,
    verified: error === undefined && steps.every(({ result }) => result !== 'failed'),
    evidence,
    steps: steps.map(({ clause, title, result, detail }) => ({
      clause: String(clause),
      title,
      result,
      detail: visibleLine(detail, 500),
    })),
    ...(error === undefined
      ? {}
      : { error: { code: error.code, message: visibleLine(error.message, 1000) } }),
  };
}

async function auditProject(client: Client): Promise<Shaped> {
  const { findings, modules, registries } = await client.audit();
  return {
    looked: modules,
    findings: findings.map(({ entry, name, version }) => findingOf(entry, name, version)),
    registries: registries.map(({ name, checkedAt, logged }) => ({
      name,
      checked: new Date(checkedAt).toISOString(),
      logged,
    })),
  };
}

async function auditRefs(client: Client, refs: readonly string[]): Promise<Shaped> {
  const book = await client.advisories();
  const lines = await atATime(8, refs, async (ref) => exactly(client, ref));
  return {
    looked: lines.length,
    findings: lines.flatMap(({ name, version, digest }) =>
      book.entries
        .filter((entry) => affectedBy(entry.affected, { name, version, digest }) !== undefined)
        .map((entry) => findingOf(entry, name, version)),
    ),
    registries: [
      {
        name: book.registry,
        checked: new Date(book.checkedAt).toISOString(),
        logged: book.size !== undefined,
      },
    ],
  };
}

/** What is withdrawn or blocked has to be found by an audit, too: an exact version is taken as it stands. */
async function exactly(
  client: Client,
  ref: string,
): Promise<Pick<IndexVersion, 'name' | 'version' | 'digest'>> {
  const { name, selector } = parseRef(ref);
  if (selector.kind !== 'exact') return (await client.info(ref)).version;
  const { versions } = await client.index(name);
  return versions.find(({ version }) => version === selector.version) ?? { name, version: selector.version };
}

function findingOf(entry: AdvisoryEntry, name: ModuleName, version: string): Shaped {
  const { id, severity, malware, official, state, patches, title, summary } = entry;
  return {
    id,
    name,
    version,
    severity,
    malware,
    confirmed: official && state === 'published',
    state,
    patched: patches.filter((patch) => patch.name === name).map((patch) => patch.version),
    untrusted: { title: visibleLine(title, 300), summary: visible(summary, 2000) },
  };
}

interface Planned {
  readonly line: IndexVersion | undefined;
  readonly name: ModuleName;
  readonly version: string;
  readonly direct: boolean;
  readonly bytes: number;
}

async function planOf(client: Client, refs: readonly string[]): Promise<Shaped> {
  const roots = await atATime(8, refs, (ref) => client.info(ref));
  const planned = new Map<string, Planned>();
  for (const { version: line } of roots) {
    planned.set(besideKey(line.name, line.version), {
      line,
      name: line.name,
      version: line.version,
      direct: true,
      bytes: sizeOf(line),
    });
    for (const one of line.closure) {
      const key = besideKey(one.name, one.version);
      if (!planned.has(key))
        planned.set(key, {
          line: undefined,
          name: one.name,
          version: one.version,
          direct: false,
          bytes: sizeOf(one),
        });
    }
  }
  const locked = new Set((await client.list()).map(({ name, version }) => besideKey(name, version)));
  const rows = await atATime(8, [...planned], async ([key, one]) => {
    const known = await indexOf(client, one.name);
    return plannedRow(one, known, locked.has(key));
  });
  const consent = rows.flatMap(({ name, needs }) =>
    needs.filter((need) => need !== 'js').map((need) => `${name}: ${need}`),
  );
  return { command: `mlld add ${refs.join(' ')}`, modules: rows, consent };
}

function sizeOf({ files }: Pick<IndexVersion, 'files'>): number {
  return files.reduce((sum, { size }) => sum + (size ?? 0), 0);
}

async function indexOf(client: Client, name: ModuleName): Promise<KnownIndex | RegistryError> {
  try {
    return await client.index(name);
  } catch (error) {
    if (isRegistryError(error)) return error;
    throw error;
  }
}

function plannedRow(
  { name, version, direct, bytes }: Planned,
  known: KnownIndex | RegistryError,
  locked: boolean,
) {
  const base = { name, version, direct, locked, bytes };
  if (isRegistryError(known))
    return {
      ...base,
      needs: [] as string[],
      warnings: [`${known.code}: ${visibleLine(known.message, 300)}`],
    };
  const { header } = known;
  const line = known.versions.find((one) => one.version === version);
  if (line === undefined)
    return { ...base, needs: [] as string[], warnings: ['its registry no longer lists this version'] };
  const warnings = [
    ...(header.yanked.has(version) ? ['this version was withdrawn'] : []),
    ...(header.deprecated === undefined
      ? []
      : [
          `deprecated${header.deprecated.replacedBy === undefined ? '' : `: ${header.deprecated.replacedBy} replaces it`}`,
        ]),
    ...(line.evidence < (2 satisfies Evidence) ? ['not signed by its author'] : []),
    ...(header.advisories.length === 0 ? [] : ['advisories are open about this module: use the tool audit']),
  ];
  return {
    ...base,
    evidence: line.evidence,
    needs: line.needs.map((need) => visibleLine(need, 50)),
    licence: visibleLine(line.license, 100),
    advisories: header.advisories.map((id) => visibleLine(id, 50)),
    warnings,
  };
}
