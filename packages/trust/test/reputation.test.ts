import { type Author, type TrustLevel, trustLevels } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  capacityAt,
  type EdgesOf,
  fanOutAt,
  fullCapacity,
  maxDistance,
  reach,
  support,
  type TrustEdge,
  walkTrust,
} from '../src/reputation.ts';

const edge = (by: string, about: string, level: TrustLevel = 'high'): TrustEdge => ({
  by: by as Author,
  about: about as Author,
  level,
});
const people = (...names: string[]) => names as Author[];
const count = (edges: TrustEdge[], reviewers: string[], roots = ['root']) =>
  support(reach(people(...roots), edges), people(...reviewers));

const name = fc.constantFrom('root', 'alice', 'bob', 'carol', 'dave', 'erin');
const anyEdge = fc
  .record({ by: name, about: name, level: fc.constantFrom(...trustLevels) })
  .map(({ by, about, level }) => edge(by, about, level));

describe('reputation.md §2: distance', () => {
  test('capacity halves with each step and ends', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(capacityAt)).toEqual([64, 64, 32, 16, 8, 4, 2, 0]);
  });

  test('the cheapest path counts', () => {
    const graph = reach(people('root'), [
      edge('root', 'alice', 'low'),
      edge('root', 'bob'),
      edge('bob', 'alice'),
    ]);
    expect(graph.distance.get('alice' as Author)).toBe(2);
  });

  test('nobody beyond the greatest distance is reached', () => {
    const chain = Array.from({ length: maxDistance + 3 }, (_, i) =>
      edge(i === 0 ? 'root' : `p${i}`, `p${i + 1}`),
    );
    const graph = reach(people('root'), chain);
    expect(graph.distance.size).toBe(maxDistance + 1);
  });
});

describe('reputation.md §3: distrust', () => {
  test('someone nearer bans someone farther, and whom only they reached', () => {
    const edges = [
      edge('root', 'alice'),
      edge('alice', 'bob'),
      edge('bob', 'carol'),
      edge('root', 'bob', 'distrust'),
    ];
    expect(count(edges, ['bob', 'carol'])).toBe(0);
  });

  test('someone farther bans nobody nearer', () => {
    const edges = [edge('root', 'alice'), edge('alice', 'bob'), edge('bob', 'alice', 'distrust')];
    expect(count(edges, ['alice'])).toBe(fullCapacity);
  });

  test('two equals who distrust each other are both banned', () => {
    const edges = [
      edge('root', 'alice'),
      edge('root', 'bob'),
      edge('alice', 'bob', 'distrust'),
      edge('bob', 'alice', 'distrust'),
    ];
    expect(count(edges, ['alice', 'bob'])).toBe(0);
  });

  test('a root is never banned', () => {
    expect(count([edge('root', 'rob'), edge('rob', 'root', 'distrust')], ['root'])).toBe(fullCapacity);
  });
});

describe('reputation.md §4: support', () => {
  test('identities that no root reaches change nothing, exactly', () => {
    fc.assert(
      fc.property(
        fc.array(anyEdge, { maxLength: 15 }),
        fc.array(fc.tuple(fc.nat(50), name, fc.constantFrom(...trustLevels))),
        (edges, sybils) => {
          const more = sybils.map(([i, about, level]) => edge(`sybil${i}`, about, level));
          const ring = sybils.map(([i]) => edge(`sybil${i}`, `sybil${i + 1}`));
          const reviewers = ['alice', 'bob', 'carol', 'dave', 'erin'];
          expect(
            count([...edges, ...more, ...ring], [...reviewers, ...sybils.map(([i]) => `sybil${i}`)]),
          ).toBe(count(edges, reviewers));
        },
      ),
    );
  });

  test.each(['high', 'medium', 'low'] as const)(
    'a ring behind one %s edge gains the same at 100 and at 1,000 members',
    (level) => {
      const ring = (size: number) => {
        const members = Array.from({ length: size }, (_, i) => `ring${i}`);
        const inside = members.flatMap((member) => [
          edge('ring0', member),
          edge(member, `ring${(Number(member.slice(4)) + 1) % size}`),
        ]);
        return count([edge('root', 'alice'), edge('alice', 'ring0', level), ...inside], members);
      };
      expect(ring(1000)).toBe(ring(100));
      expect(ring(100)).toBeLessThanOrEqual(32);
      expect(ring(100)).toBeGreaterThan(0);
    },
  );

  test('one more reviewer never counts less, and all together at most the roots', () => {
    fc.assert(
      fc.property(
        fc.array(anyEdge, { maxLength: 20 }),
        fc.uniqueArray(name),
        name,
        (edges, reviewers, another) => {
          const before = count(edges, reviewers);
          const after = count(edges, [...reviewers, another]);
          expect(after).toBeGreaterThanOrEqual(before);
          expect(after).toBeLessThanOrEqual(fullCapacity);
        },
      ),
    );
  });

  test('a person counts at most their own capacity', () => {
    fc.assert(
      fc.property(fc.array(anyEdge, { maxLength: 20 }), name, (edges, reviewer) => {
        const graph = reach(people('root'), edges);
        const distance = graph.distance.get(reviewer as Author);
        expect(support(graph, people(reviewer))).toBeLessThanOrEqual(
          distance === undefined ? 0 : capacityAt(distance),
        );
      }),
    );
  });

  test('two roots count more than one', () => {
    const edges = [edge('root', 'alice'), edge('root2', 'bob')];
    expect(count(edges, ['alice', 'bob'], ['root', 'root2'])).toBe(2 * fullCapacity);
    expect(count(edges, ['alice', 'bob'], ['root'])).toBe(fullCapacity);
  });
});

/** What a registry with these statements answers, and whom it was asked for. */
function shelf(edges: readonly TrustEdge[]): { readonly edgesOf: EdgesOf; readonly asked: Author[] } {
  const by = new Map<Author, TrustEdge[]>();
  for (const each of edges) by.set(each.by, [...(by.get(each.by) ?? []), each]);
  const asked: Author[] = [];
  const edgesOf: EdgesOf = async (who) => {
    asked.push(...who);
    return new Map(who.map((person) => [person, by.get(person) ?? []]));
  };
  return { edgesOf, asked };
}

/** The newest statement of each pair, as files hold them. */
const newest = (edges: readonly TrustEdge[]) => [
  ...new Map(edges.map((each) => [`${each.by} ${each.about}`, each])).values(),
];

const walked = async (edges: readonly TrustEdge[], reviewers: readonly string[], roots = ['root']) => {
  const heard = await walkTrust(people(...roots), shelf(edges).edgesOf);
  return support(reach(people(...roots), heard), people(...reviewers));
};

describe('reputation.md §5: the walk', () => {
  test('finds what all statements give, while nobody brings in too many', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEdge, { maxLength: 20 }), async (all) => {
        // Nobody here is farther than 5, the greatest distance whose people are asked.
        const edges = newest(all).map((each) =>
          each.level === 'low' ? { ...each, level: 'high' as const } : each,
        );
        const near = reach(people('root'), edges);
        fc.pre([...near.distance.values()].every((distance) => distance < maxDistance));
        for (const reviewer of ['alice', 'bob', 'carol', 'dave', 'erin'])
          expect(await walked(edges, [reviewer])).toBe(count(edges, [reviewer]));
      }),
    );
  });

  test('what is said of oneself, and what people at the greatest distance say, bans nobody', async () => {
    const far = [edge('root', 'alice', 'low'), edge('alice', 'bob', 'low'), edge('alice', 'carol', 'low')];
    const words = [
      edge('bob', 'bob', 'distrust'),
      edge('bob', 'carol', 'distrust'),
      edge('carol', 'bob', 'distrust'),
    ];
    const edges = [...far, ...words];
    expect(reach(people('root'), edges).banned).toEqual(new Set());
    expect(await walked(edges, ['bob', 'carol'])).toBe(count(edges, ['bob', 'carol']));
  });

  test('asks nobody whom no root reaches, and nobody twice', async () => {
    const edges = [
      edge('root', 'alice'),
      edge('alice', 'bob'),
      edge('bob', 'root'),
      edge('mallory', 'alice'),
    ];
    const { edgesOf, asked } = shelf(edges);
    await walkTrust(people('root'), edgesOf);
    expect(asked).toEqual(['root', 'alice', 'bob']);
  });

  test.each(['high', 'medium', 'low'] as const)(
    'a ring behind one %s edge gains the same at 100 and at 1,000 members, and takes from nobody',
    async (level) => {
      const honest = [edge('root', 'alice'), edge('alice', 'bob'), edge('bob', 'carol', 'low')];
      const ring = (size: number) => {
        const members = Array.from({ length: size }, (_, i) => `ring${i}`);
        const inside = members.flatMap((member, i) => [
          edge('ring0', member),
          edge(member, `ring${(i + 1) % size}`),
          edge(member, `ring${(i * 7 + 3) % size}`),
        ]);
        return { members, edges: [...honest, edge('alice', 'ring0', level), ...inside] };
      };
      const [small, large] = [ring(100), ring(1000)];
      expect(await walked(large.edges, large.members)).toBe(await walked(small.edges, small.members));
      expect(await walked(small.edges, small.members)).toBeGreaterThan(0);
      for (const person of ['alice', 'bob', 'carol'])
        expect(await walked(large.edges, [person])).toBe(await walked(honest, [person]));
    },
  );

  test('a flood of people behind one edge stays bounded', async () => {
    const flood: TrustEdge[] = [edge('root', 'mallory')];
    for (let i = 0; i < 3000; i++)
      flood.push(edge('mallory', `a${i}`), edge(`a${i}`, `b${i}`), edge(`b${i}`, `c${i}`));
    const { edgesOf, asked } = shelf(flood);
    await walkTrust(people('root'), edgesOf);
    expect(asked.length).toBeLessThanOrEqual(2 + 3 * fanOutAt(1));
  });

  test('whom the user blocks counts nothing and brings in nobody, even as a root', () => {
    const edges = [edge('root', 'alice'), edge('alice', 'bob')];
    const support2 = (blocked: string[], who: string) =>
      support(reach(people('root'), edges, people(...blocked)), people(who));
    expect(support2(['alice'], 'bob')).toBe(0);
    expect(support2(['root'], 'alice')).toBe(0);
    expect(support2([], 'bob')).toBe(32);
  });
});
