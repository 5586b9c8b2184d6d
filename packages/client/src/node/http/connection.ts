/**
 * One connection: requests are written at once, answers come in their order (RFC 9112 §9.3.2). A connection that is lost
 * gives back what it has not answered.
 */
import type { Socket } from 'node:net';
import { tick } from '../tick.ts';
import { type ResponseHead, responseParser } from './response.ts';

/** A request on its way, as its connection sees it. */
export interface Job {
  /** The request as it is sent. */
  readonly text: string;
  /** It is the first one that the server has to answer now. */
  begin(): void;
  /** @throws Error what makes the answer useless: the connection ends then */
  onHead(head: ResponseHead): void;
  /** @throws Error as above */
  onBody(chunk: Buffer): void;
  onEnd(): void;
  /** The answer will not come: what was received of it is worth nothing. */
  fail(error: Error): void;
  /** Nobody waits for the answer any more. */
  readonly isCancelled: boolean;
}

export interface Connection {
  /** Whether it is set up. */
  readonly isOpen: boolean;
  /** Requests without an answer. */
  readonly waiting: number;
  /** Whether it takes no more requests. */
  readonly isClosing: boolean;
  /** Moment (of `tick`) of the last octet, or of the first request that waits. */
  readonly lastHeard: number;
  /** Answers that came. */
  readonly answered: number;
  /** The address at the other end; empty before it is open. */
  readonly address: string;
  send(job: Job): void;
  /** Takes back what waits behind the first request; the connection ends after that one. */
  reclaim(): Job[];
  /** `job` is cancelled: ends the connection if that is what it is busy with. */
  cancelled(job: Job): void;
  destroy(): void;
}

export interface ConnectionEvents {
  /** It is set up, or an answer is complete, and its connection can take more. */
  onReady(answered?: Job): void;
  /** It is gone. `lost` was sent, or was to be, and has no answer; none of them failed yet. */
  onGone(lost: Lost): void;
}

export interface Lost {
  readonly error: Error;
  /** The request whose turn it was. */
  readonly first: Job | undefined;
  /** Whether a part of its answer had come, or the trouble is the answer itself. */
  readonly hadBegun: boolean;
  readonly behind: readonly Job[];
}

/** `dial` gives a socket that is set up, or throws. */
export function openConnection(dial: () => Promise<Socket>, events: ConnectionEvents): Connection {
  const jobs: Job[] = [];
  let socket: Socket | undefined;
  let state: 'opening' | 'open' | 'closing' | 'gone' = 'opening';
  let lastHeard = tick();
  let answered = 0;

  const gone = (error: Error, hadBegun: boolean) => {
    if (state === 'gone') return;
    state = 'gone';
    socket?.destroy();
    const [first, ...behind] = jobs.splice(0);
    events.onGone({ error, first, hadBegun, behind });
  };
  const parser = responseParser(() => {
    const job = jobs[0];
    return (
      job && {
        onHead: (head) => {
          if (!head.persistent) state = 'closing';
          if (!job.isCancelled) job.onHead(head);
        },
        onBody: (chunk) => {
          if (!job.isCancelled) job.onBody(chunk);
        },
        onEnd: () => complete(job),
      }
    );
  });
  const complete = (job: Job) => {
    jobs.shift();
    answered++;
    if (!job.isCancelled) job.onEnd();
    if (state === 'closing') {
      events.onReady(job);
      return gone(new Error('the server closed the connection'), false);
    }
    if (jobs.length > 0) jobs[0]!.begin();
    else socket?.unref();
    events.onReady(job);
  };
  const listen = (open: Socket) => {
    open.on('data', (chunk: Buffer) => {
      lastHeard = tick();
      try {
        parser.push(chunk);
      } catch (error) {
        gone(asError(error), true);
      }
    });
    open.on('error', (error) => gone(error, parser.isWithin));
    open.on('end', () => parser.end());
    open.on('close', () => gone(lostError(), parser.isWithin));
  };
  /** What is asked for in one turn of the event loop leaves in one packet. */
  let outbox = '';
  const write = (text: string) => {
    if (outbox === '') process.nextTick(flush);
    outbox += text;
  };
  const flush = () => {
    if (state === 'open' || state === 'closing') socket?.ref().write(outbox, 'latin1');
    outbox = '';
  };

  dial().then(
    (open) => {
      socket = open;
      if (state === 'gone') return void open.destroy();
      state = 'open';
      lastHeard = tick();
      listen(open);
      if (jobs.length > 0) write(jobs.map(({ text }) => text).join(''));
      else open.unref();
      events.onReady();
    },
    (error: unknown) => gone(asError(error), true),
  );

  return {
    get isOpen() {
      return state === 'open';
    },
    get waiting() {
      return jobs.length;
    },
    get isClosing() {
      return state === 'closing' || state === 'gone';
    },
    get lastHeard() {
      return lastHeard;
    },
    get answered() {
      return answered;
    },
    get address() {
      return socket?.remoteAddress ?? '';
    },
    send(job) {
      jobs.push(job);
      if (jobs.length === 1) {
        lastHeard = tick();
        job.begin();
      }
      if (state === 'open') write(job.text);
    },
    reclaim() {
      if (state === 'open') state = 'closing';
      return jobs.splice(1);
    },
    cancelled(job) {
      if (jobs[0] === job) gone(new Error('no longer needed'), true);
    },
    destroy: () => gone(new Error('the client is closed'), true),
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function lostError(): Error {
  return Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' });
}
