import { parseConfig } from '@mlld/format';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/config/settings.ts';
import { nodeOps, type Ops } from '../src/index.ts';
import { errorOf, project } from './fixture/project.ts';
import { distribution, serve } from './fixture/registry.ts';

describe('one registry for each scope (resolve.md §2)', () => {
  it('a private name is never asked of another registry, not even in DNS', async () => {
    const asked: string[] = [];
    const ops: Ops = {
      ...nodeOps(),
      txt: async ({ name }) => {
        asked.push(name);
        return [];
      },
    };
    const pub = await serve(
      distribution([
        { ref: '@corp/secret@9.0.0' },
        { ref: '@alice/a@1.0.0', imports: { '@corp/secret': '*' } },
      ]).files,
    );
    const corp = await serve(
      distribution(
        [{ ref: '@corp/secret@1.0.0' }, { ref: '@corp/app@1.0.0', imports: { '@corp/secret': '*' } }],
        { name: 'corp.test' },
      ).files,
    );
    const my = project({ registry: pub.base, zone: 'registry.test', dns: 'system', ops });
    my.config({ registries: { '@corp': corp.base } });
    await my.client().add(['@corp/app', '@alice/a']);
    const lock = my.lock();
    expect(lock.modules.get('@corp/secret@1.0.0')?.registry).toBe('corp.test');
    expect([...lock.modules.values()].some(({ version }) => version === '9.0.0')).toBe(false);
    expect((await errorOf(() => my.client().add(['@corp/unknown']))).code).toBe('MODULE_NOT_FOUND');
    expect(pub.log.filter((at) => at.includes('corp'))).toEqual([]);
    expect(asked.filter((name) => name.includes('corp'))).toEqual([]);
    expect(asked).toContain('a.alice.registry.test');
  });

  it('a registry that was named is not looked for in the public zone', () => {
    const where = { root: '/p', cwd: '/p/sub', env: {} };
    const settings = (options: object, config = '{}', env = {}) =>
      readSettings(parseConfig(config), { ...where, env }, options).registry;
    expect(settings({})).toEqual({ zone: 'registry.mlld.ai', fallback: 'https://registry.mlld.ai/' });
    expect(settings({ registry: 'https://r.example.org' })).toEqual({ base: 'https://r.example.org/' });
    expect(settings({ registry: '../dist' })).toEqual({ base: 'file:///p/dist/' });
    expect(settings({}, '{"registry":"./dist"}')).toEqual({ base: 'file:///p/dist/' });
    expect(settings({}, '{"registry":"./dist"}', { MLLD_REGISTRY: 'http://127.0.0.1:1' })).toEqual({
      base: 'http://127.0.0.1:1/',
    });
    expect(settings({ zone: 'z.example.org' })).toEqual({ zone: 'z.example.org' });
  });

  it.each(['ftp://x/', 'https://user:pass@example.org/', 'javascript:alert(1)'])(
    'refuses %s as a registry',
    async (registry) => {
      expect((await errorOf(() => project({ registry }).client().install())).code).toBe('BAD_CONFIG');
    },
  );

  it.each(['nonsense', 'dns.example.org', '1.2.3.4:x', 'localhost:53'])(
    'refuses %s as a name server',
    async (dns) => {
      expect((await errorOf(() => project({ dns }).client().install())).code).toBe('BAD_CONFIG');
    },
  );

  it('says what is not a registry, and what cannot be reached', async () => {
    const empty = await serve(new Map());
    expect((await errorOf(() => project({ registry: empty.base }).client().add(['@a/x']))).code).toBe(
      'REGISTRY_NOT_FOUND',
    );
    await empty.close();
    expect((await errorOf(() => project({ registry: empty.base }).client().add(['@a/x']))).code).toBe(
      'UNREACHABLE',
    );
  });

  it('says what is cached when the registry is away, and goes on with it offline', async () => {
    const served = await serve(distribution([{ ref: '@a/x@1.0.0' }, { ref: '@a/x@1.1.0' }]).files);
    const my = project({ registry: served.base });
    await my.client().add(['@a/x']);
    await my.client().remove(['@a/x']);
    await served.close();
    const error = await errorOf(() => my.client().add(['@a/x']));
    expect(error).toMatchObject({ code: 'UNREACHABLE', data: { cached: ['1.1.0', '1.0.0'] } });
    expect(error.hint).toContain('--offline');
    expect((await my.client({ offline: true }).add(['@a/x'])).added).toEqual(['@a/x@1.1.0']);
    expect((await errorOf(() => my.client({ offline: true }).add(['@a/x@1.0.0']))).code).toBe('OFFLINE');
  });

  it('mirrors and further places stand in for one that is down, but not for one that says no', async () => {
    const { files } = distribution([{ ref: '@a/x@1.0.0' }]);
    const [down, no, good] = [await serve(files), await serve(files), await serve(files)];
    await down.close();
    no.handler = (_request, response) => {
      response.writeHead(403).end();
      return true;
    };
    const zoned = (...bases: string[]) => {
      const ops: Ops = {
        ...nodeOps(),
        txt: async ({ name }) =>
          name === '_registry.registry.test' ? bases.map((base) => [`v=mlldr1;url=${base}`]) : [],
      };
      return project({ ops, zone: 'registry.test', dns: 'system' });
    };
    expect((await zoned(down.base, good.base).client().add(['@a/x'])).added).toEqual(['@a/x@1.0.0']);
    expect((await errorOf(() => zoned(no.base, good.base).client().add(['@a/x']))).code).toBe('HTTP_STATUS');
  });
});
