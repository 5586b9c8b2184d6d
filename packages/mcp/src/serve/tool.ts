/** What a server of ours offers, apart from how it is spoken to. */
import type { JsonObject } from '@mlld/format';

/** JSON Schema 2020-12 of an object. */
export type ObjectSchema = JsonObject;

export interface ServedTool {
  /** `[a-zA-Z0-9_-]{1,64}`: what every client takes. */
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly input: ObjectSchema;
  /** Of `structured`. Absent: the tool gives text alone. */
  readonly output?: ObjectSchema;
  readonly hints: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint?: boolean;
    readonly idempotentHint?: boolean;
    readonly openWorldHint: boolean;
  };
  readonly call: (args: Readonly<Record<string, unknown>>, options: CallOptions) => Promise<ServedResult>;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Tells who called how far it is, where they asked for that. */
  readonly progress: (done: number, message: string) => void;
}

export interface ServedResult {
  readonly text: string;
  readonly structured?: Readonly<Record<string, unknown>>;
  readonly isError?: boolean;
}

export interface ServedResource {
  readonly name: string;
  /** A URI, or a template of one (RFC 6570, level 1). */
  readonly uri: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  /** The values of the template's variables, percent-decoded. */
  readonly read: (variables: ReadonlyMap<string, string>) => Promise<string>;
}

export interface Served {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly instructions: string;
  readonly tools: readonly ServedTool[];
  readonly resources: readonly ServedResource[];
}
