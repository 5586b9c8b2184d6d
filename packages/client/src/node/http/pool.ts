/**
 * The connections to one host: few, kept alive, and filled. Requests wait their turn here and nowhere else; once the
 * host has shown that it keeps connections, several are under way on each.
 */
import type { Socket } from 'node:net';
import { tick } from '../tick.ts';
import { type Connection, type Job, type Lost, openConnection } from './connection.ts';

export interface Pool {
  submit(job: Job): void;
  /** Opens connections for requests that will come, up to this number in all. */
  prepare(connections: number): void;
  /** `job` is cancelled, wherever it is. */
  cancelled(job: Job): void;
  /** The address that answers on the connection that `job` is first on. */
  addressOf(job: Job): string;
  /** Takes what waits behind an answer that does not go on. To be called now and then. */
  unblock(): void;
  close(): void;
}

export interface PoolOptions {
  readonly dial: () => Promise<Socket>;
  readonly connections: number;
}

/** Requests under way on one connection. */
const depth = 12;
/** One that was full takes more from here on: they leave in one packet, where one packet each would cost more than the requests. */
const refillAt = 8;
/** Milliseconds without an octet after which requests do not wait behind an answer any more. */
const stalledMs = 1000;
/** Times that a request is sent again because a connection was lost under it, through no fault of its own. */
const retries = 3;

export function openPool({ dial, connections: most }: PoolOptions): Pool {
  const connections = new Set<Connection>();
  const queue: Job[] = [];
  const placed = new Map<Job, Connection>();
  const lostBefore = new Map<Job, number>();
  // Not before an answer has shown that the server keeps connections, and not after it lost requests that were sent ahead.
  let mayPipeline = false;
  let lostAhead = 0;
  const full = new Set<Connection>();
  let closed = false;

  const pump = () => {
    if (closed) return;
    for (let job = queue[0]; job !== undefined; job = queue[0]) {
      const place = job.isCancelled ? undefined : placeFor(job);
      if (place === undefined && !job.isCancelled) return;
      queue.shift();
      if (place === undefined) continue;
      placed.set(job, place);
      place.send(job);
      if (place.waiting >= depth) full.add(place);
    }
  };
  /** A connection for a job, opened for it if need be; undefined: it has to wait. */
  const placeFor = (job: Job): Connection | undefined => {
    const isAgain = lostBefore.has(job);
    const free = isAgain ? unused() : find();
    if (free !== undefined) return free;
    if (connections.size < most) return open();
    // Where all are used ones, one has to go; the end of it comes back to the queue.
    if (isAgain) idle()?.destroy();
    return undefined;
  };
  /** The connection with the fewest requests on it, if it takes one more. */
  const find = (): Connection | undefined => {
    let best: Connection | undefined;
    for (const one of connections) {
      if (one.isClosing || (best !== undefined && best.waiting <= one.waiting)) continue;
      if (one.waiting <= refillAt) full.delete(one);
      if (one.waiting === 0 || (mayPipeline && one.isOpen && one.waiting < depth && !full.has(one)))
        best = one;
    }
    return best;
  };
  /** One that nothing was sent on: what was lost once is not sent where it can be lost in the same way. */
  const unused = () =>
    [...connections].find((one) => !one.isClosing && one.waiting === 0 && one.answered === 0);
  const idle = () => [...connections].find((one) => one.waiting === 0 && one.answered > 0);
  const open = (): Connection => {
    const one: Connection = openConnection(dial, {
      onReady: (answered) => {
        if (answered !== undefined) forget(answered);
        mayPipeline = lostAhead < retries && (mayPipeline || one.answered > 0);
        pump();
      },
      onGone: (lost) => {
        connections.delete(one);
        full.delete(one);
        settle(lost, one);
        pump();
      },
    });
    connections.add(one);
    return one;
  };
  const settle = ({ error, first, hadBegun, behind }: Lost, { answered }: Connection) => {
    // An idle connection may be closed by the server in the moment it is used again: that says nothing.
    const again = first !== undefined && !hadBegun && answered > 0 ? [first] : [];
    if (first !== undefined && again.length === 0) drop(first, error);
    if (behind.length > 0 && answered < depth) lostAhead++;
    mayPipeline &&= lostAhead < retries;
    for (const job of [...again, ...behind].reverse()) {
      const times = (lostBefore.get(job) ?? 0) + 1;
      placed.delete(job);
      if (times > retries) drop(job, error);
      else {
        lostBefore.set(job, times);
        queue.unshift(job);
      }
    }
  };
  const drop = (job: Job, error: Error) => {
    forget(job);
    if (!job.isCancelled) job.fail(error);
  };
  const forget = (job: Job) => {
    placed.delete(job);
    lostBefore.delete(job);
  };
  return {
    submit(job) {
      queue.push(job);
      pump();
    },
    prepare(count) {
      while (connections.size < Math.min(count, most)) open();
    },
    cancelled(job) {
      const at = placed.get(job);
      forget(job);
      at?.cancelled(job);
    },
    addressOf: (job) => placed.get(job)?.address ?? '',
    unblock() {
      const now = tick();
      for (const one of connections) {
        if (one.waiting < 2 || now - one.lastHeard < stalledMs) continue;
        queue.unshift(...one.reclaim());
      }
      pump();
    },
    close() {
      closed = true;
      for (const one of [...connections]) one.destroy();
      for (const job of queue.splice(0)) drop(job, new Error('the client is closed'));
    },
  };
}
