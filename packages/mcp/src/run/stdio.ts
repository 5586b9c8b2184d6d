/** The stdio transport over a process that was started elsewhere: in a sandbox. */
import type { ChildProcess } from 'node:child_process';
import { limits, printable, RegistryError } from '@mlld/format';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import type { Watch } from './watch.ts';

export interface StdioProcess {
  readonly child: ChildProcess;
  readonly stop: () => void;
}

/** What a server may write to stderr until its process ends; the rest is read and dropped. */
const stderrChars = 8 * 1024;
const patienceMs = 500;

export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: NonNullable<Transport['onmessage']>;
  /** Why it ended, where it was not us. */
  failure: RegistryError | undefined;
  private readonly process: StdioProcess;
  private readonly watch: Watch;
  private parts: Buffer[] = [];
  private size = 0;
  private stderr = '';
  private closed = false;
  private readonly ended: Promise<void>;

  constructor(process: StdioProcess, watch: Watch) {
    this.process = process;
    this.watch = watch;
    this.ended = new Promise((resolve) => process.child.once('close', () => resolve()));
  }

  async start(): Promise<void> {
    const { child } = this.process;
    child.stdout?.on('data', (chunk: Buffer) => this.received(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString('utf8')).slice(-stderrChars);
    });
    child.stdin?.on('error', () => {});
    child.once('error', (cause) =>
      this.fail(new RegistryError('MCP_SERVER_FAILED', cause.message, { cause })),
    );
    child.once('close', (code, signal) => this.over(code, signal));
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.closed || this.failure !== undefined) throw this.failure ?? gone();
    this.watch.sent(message);
    const { stdin } = this.process.child;
    if (stdin?.write(`${JSON.stringify(message)}\n`) === false) {
      await new Promise<void>((resolve) => {
        stdin.once('drain', resolve);
        this.process.child.once('close', () => resolve());
      });
    }
  }

  /** Ends its input, as the protocol has it, and soon the process with all that it started. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.process.child.stdin?.end();
    const timer = setTimeout(this.process.stop, patienceMs);
    await this.ended;
    clearTimeout(timer);
    this.onclose?.();
  }

  /** What the server last said beside its messages: of use where it fails. */
  get lastWords(): string {
    const lines = this.stderr.trim().split('\n');
    return lines
      .slice(-3)
      .map((line) => printable(line, 200))
      .join(' | ');
  }

  private received(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0 && !this.closed; at = chunk.indexOf(10, from)) {
      this.line(chunk.subarray(from, at));
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    this.size += rest.length;
    if (rest.length > 0) this.parts.push(rest);
    if (this.size > limits.mcpMessageBytes)
      this.fail(
        new RegistryError(
          'TOO_LARGE',
          `the server sent a message of more than ${limits.mcpMessageBytes} bytes`,
        ),
      );
  }

  private line(end: Buffer): void {
    const whole = this.parts.length === 0 ? end : Buffer.concat([...this.parts, end]);
    this.parts = [];
    this.size = 0;
    const text = whole.toString('utf8').replace(/\r$/, '');
    if (text === '') return;
    try {
      this.onmessage?.(this.watch.read(text));
    } catch (cause) {
      this.fail(
        cause instanceof RegistryError
          ? cause
          : new RegistryError('MCP_SERVER_FAILED', String(cause), { cause }),
      );
    }
  }

  private fail(error: RegistryError): void {
    this.failure ??= error;
    this.onerror?.(error);
    this.process.stop();
  }

  private over(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.closed) return;
    this.closed = true;
    const words = this.lastWords;
    this.failure ??= new RegistryError(
      'MCP_SERVER_FAILED',
      `the server ended ${signal === null ? `with status ${code}` : `by ${signal}`}${words === '' ? '' : `: ${words}`}`,
    );
    this.onclose?.();
  }
}

function gone(): RegistryError {
  return new RegistryError('MCP_SERVER_FAILED', 'the server has ended');
}
