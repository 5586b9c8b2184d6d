/**
 * How much the reviews of a module count for *you* (docs/spec/reputation.md).
 *
 * Trust starts at roots that you chose and follows `trust` statements, at most a few steps. A person's **capacity** halves
 * with each step from the roots, and what a set of reviewers counts is the **maximum flow** from the roots to them through
 * people of these capacities. So any number of identities behind one person count at most what that person counts, and
 * identities that no root reaches count nothing: both exactly, because all numbers are integers.
 */
import { type Author, compareBytes, limits, type Standing, type TrustLevel } from '@mlld/format';

/** `by` believes the reviews of `about` this much. Only the newest statement of a pair is an edge. */
export interface TrustEdge {
  readonly by: Author;
  readonly about: Author;
  readonly level: TrustLevel;
}

/** Cost of a step by its level; the sum of a path is a person's distance (reputation.md §2). */
const stepCost: Readonly<Record<Exclude<TrustLevel, 'none' | 'distrust'>, number>> = {
  high: 1,
  medium: 2,
  low: 3,
};
/** Nobody farther than this counts. */
export const maxDistance = 6;
/** Capacity of a root's own judgement, and of a person at distance 1. */
export const fullCapacity = 64;

/** Whole units that a person at this distance counts: 64, 32, 16, 8, 4, 2; a root, at distance 0, counts 64. */
export function capacityAt(distance: number): number {
  return distance > maxDistance ? 0 : fullCapacity >> Math.max(0, distance - 1);
}

/** The people that the roots reach, with their distance; whoever is banned by distrust is not among them. */
export interface Reach {
  readonly distance: ReadonlyMap<Author, number>;
  readonly banned: ReadonlySet<Author>;
  /** Edges among the people reached, by who says it. */
  readonly edges: ReadonlyMap<Author, readonly Author[]>;
}

/**
 * Whom the roots reach. A person is banned if someone distrusts them who is nearer to the roots; two at the same distance
 * who distrust each other are both banned. Each ban can change distances, so they are found one distance at a time,
 * nearest first (reputation.md §3).
 */
export function reach(
  roots: Iterable<Author>,
  edges: readonly TrustEdge[],
  blocked: Iterable<Author> = [],
): Reach {
  const out = groupByTruster(edges);
  // Whom the user blocks is out before anybody speaks, a root too.
  const banned = new Set<Author>(blocked);
  const rootSet = new Set([...roots].filter((root) => !banned.has(root)));
  // Nobody at the greatest distance is asked (§5.1), so that nobody bans from there.
  for (let frontier = 0; frontier < maxDistance; frontier++) {
    const distance = distances(rootSet, { out, banned });
    for (const person of bansAt(frontier, { distance, out, roots: rootSet })) banned.add(person);
  }
  const distance = distances(rootSet, { out, banned });
  const kept = new Map<Author, Author[]>();
  for (const [by, list] of out) {
    if (!distance.has(by)) continue;
    const trusted = list.filter((edge) => isTrust(edge) && distance.has(edge.about) && edge.about !== by);
    kept.set(
      by,
      trusted.map((edge) => edge.about),
    );
  }
  return { distance, banned, edges: kept };
}

/**
 * What a set of people counts together, from 0: the maximum flow from the roots to them (reputation.md §4). One person
 * whom a root trusts fully counts `fullCapacity`.
 */
export function support(graph: Reach, people: Iterable<Author>): number {
  const network = new FlowNetwork();
  for (const [person, distance] of graph.distance) {
    network.edge(`in ${person}`, `out ${person}`, capacityAt(distance));
    if (distance === 0) network.edge('source', `in ${person}`, fullCapacity);
    for (const next of graph.edges.get(person) ?? [])
      network.edge(`out ${person}`, `in ${next}`, fullCapacity);
  }
  for (const person of new Set(people)) {
    if (graph.distance.has(person)) network.edge(`out ${person}`, 'sink', fullCapacity);
  }
  return network.maxFlow('source', 'sink');
}

/** Where a person stands. Absent in what is written: no root reaches them, and nobody bans them. */
export function standingOf(graph: Reach, person: Author): Standing {
  const distance = graph.distance.get(person);
  return { ...(distance === undefined ? {} : { distance }), banned: graph.banned.has(person) };
}

/** How many people somebody at this distance may bring in; nobody at the greatest distance is asked (reputation.md §5). */
export function fanOutAt(distance: number): number {
  return fanOut[distance] ?? 0;
}
const fanOut = [1024, 128, 32, 8, 2, 1];

/** What people say of each other, asked for some of them at once; who says nothing may be left out. */
export type EdgesOf = (
  people: readonly Author[],
) => ReadonlyMap<Author, readonly TrustEdge[]> | Promise<ReadonlyMap<Author, readonly TrustEdge[]>>;

/**
 * Walks from the roots and returns the edges that count: of people at most `maxDistance` − 1 away, each bringing in as many as
 * `fanOutAt` allows, those they trust most first. In rounds, one for each distance; the same statements give the same edges,
 * whoever walks (reputation.md §5).
 */
export async function walkTrust(roots: Iterable<Author>, edgesOf: EdgesOf): Promise<TrustEdge[]> {
  const queues: Author[][] = Array.from({ length: maxDistance + 1 }, () => []);
  queues[0]!.push(...roots);
  const seen = new Set<Author>();
  const heard: TrustEdge[] = [];
  for (const [distance, queue] of queues.slice(0, maxDistance).entries()) {
    const fresh = [...new Set(queue)].filter((person) => !seen.has(person)).sort(compareBytes);
    const people = fresh.slice(0, Math.max(0, limits.trustWalkPeople - seen.size));
    if (people.length === 0) continue;
    const said = await edgesOf(people);
    for (const person of people) {
      seen.add(person);
      const edges = listenTo(said.get(person) ?? [], fanOutAt(distance));
      heard.push(...edges);
      for (const { about, level } of edges)
        if (level !== 'none' && level !== 'distrust') queues[distance + stepCost[level]]?.push(about);
    }
  }
  return heard;
}

/** Every distrust, and the strongest trust, at most so many. */
function listenTo(edges: readonly TrustEdge[], most: number): TrustEdge[] {
  const cost = ({ level }: TrustEdge) => (level === 'none' || level === 'distrust' ? 0 : stepCost[level]);
  const trusts = edges
    .filter(isTrust)
    .sort((a, b) => cost(a) - cost(b) || compareBytes(a.about, b.about))
    .slice(0, most);
  return [...edges.filter(({ level }) => level === 'distrust'), ...trusts];
}

function isTrust(edge: TrustEdge): boolean {
  return edge.level !== 'none' && edge.level !== 'distrust';
}

function groupByTruster(edges: readonly TrustEdge[]): Map<Author, TrustEdge[]> {
  const out = new Map<Author, TrustEdge[]>();
  for (const edge of edges) {
    const list = out.get(edge.by);
    if (list === undefined) out.set(edge.by, [edge]);
    else list.push(edge);
  }
  return out;
}

interface Graph {
  readonly out: ReadonlyMap<Author, readonly TrustEdge[]>;
  readonly banned: ReadonlySet<Author>;
}

/** Least distance of everyone within `maxDistance` of a root (Dijkstra, with one queue for each whole distance). */
function distances(roots: ReadonlySet<Author>, { out, banned }: Graph): Map<Author, number> {
  const distance = new Map<Author, number>();
  const queues: Author[][] = Array.from({ length: maxDistance + 1 }, () => []);
  queues[0]!.push(...roots);
  for (const [at, queue] of queues.entries()) {
    for (const person of queue) {
      if (distance.has(person) || banned.has(person)) continue;
      distance.set(person, at);
      for (const { about, level } of out.get(person) ?? []) {
        if (level !== 'none' && level !== 'distrust') queues[at + stepCost[level]]?.push(about);
      }
    }
  }
  return distance;
}

interface BanContext {
  readonly distance: ReadonlyMap<Author, number>;
  readonly out: ReadonlyMap<Author, readonly TrustEdge[]>;
  readonly roots: ReadonlySet<Author>;
}

/** Whom people at distance `from` ban: anyone farther away, and equals that distrust them back; never a root. */
function bansAt(from: number, { distance, out, roots }: BanContext): Author[] {
  const bans: Author[] = [];
  for (const [person, at] of distance) {
    if (at !== from) continue;
    for (const { about, level } of out.get(person) ?? []) {
      const theirs = distance.get(about);
      if (level !== 'distrust' || theirs === undefined || roots.has(about) || about === person) continue;
      const mutual =
        out.get(about)?.some((back) => back.about === person && back.level === 'distrust') ?? false;
      if (theirs > at || (theirs === at && mutual)) bans.push(about);
    }
  }
  return bans;
}

interface Arc {
  readonly to: string;
  /** What may still flow. */
  left: number;
  readonly reverse: () => Arc;
}

/** Maximum flow by shortest augmenting paths (Edmonds and Karp, 1972); whole numbers only. */
class FlowNetwork {
  private readonly arcs = new Map<string, Arc[]>();

  edge(from: string, to: string, capacity: number): void {
    const forward: Arc = { to, left: capacity, reverse: () => backward };
    const backward: Arc = { to: from, left: 0, reverse: () => forward };
    this.of(from).push(forward);
    this.of(to).push(backward);
  }

  maxFlow(source: string, sink: string): number {
    let total = 0;
    for (;;) {
      const path = this.shortestPath(source, sink);
      if (path === undefined) return total;
      const flow = Math.min(...path.map((arc) => arc.left));
      for (const arc of path) {
        arc.left -= flow;
        arc.reverse().left += flow;
      }
      total += flow;
    }
  }

  private shortestPath(source: string, sink: string): Arc[] | undefined {
    const reachedBy = new Map<string, Arc | undefined>([[source, undefined]]);
    for (const node of reachedBy.keys()) {
      for (const arc of this.of(node)) {
        if (arc.left > 0 && !reachedBy.has(arc.to)) reachedBy.set(arc.to, arc);
      }
      if (reachedBy.has(sink)) break;
    }
    if (!reachedBy.has(sink)) return undefined;
    const path: Arc[] = [];
    for (let arc = reachedBy.get(sink); arc !== undefined; arc = reachedBy.get(arc.reverse().to))
      path.unshift(arc);
    return path;
  }

  private of(node: string): Arc[] {
    const known = this.arcs.get(node);
    if (known !== undefined) return known;
    const list: Arc[] = [];
    this.arcs.set(node, list);
    return list;
  }
}
