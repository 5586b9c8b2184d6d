import type { Origin } from './host.ts';

/**
 * MCP servers, as a program needs them (`docs/spec/language.md` §12). The host finds, checks, starts and ends the
 * servers and speaks the protocol; the language binds names, orders arguments and makes values of the answers.
 */
export interface McpHost {
  /**
   * What the program may call. Nothing has to run yet: `tools` may be those that were approved when the server was
   * installed, so that the first call starts it. The host asks for consent, and keeps one process a server.
   * @throws MlldError (`IMPORT_FAILED`, `NEED_NOT_GRANTED`, `MCP_FAILED`), or an error of the host's own
   */
  readonly connect: (request: McpRequest) => Promise<McpServer>;
}

export interface McpRequest {
  /** As written: `@tools/github-mcp@^1`, `./tools.mld`, or the words of a command: `node server.js --quiet`. */
  readonly ref: string;
  /** A reference to a module, a file beside the program, or a command. */
  readonly kind: 'registry' | 'local' | 'command';
  /** Who wants it: the file of the importing module, and where that came from. */
  readonly from: { readonly file: string; readonly origin: Origin | null };
  /** The tools that are imported by name, as written; empty if the whole server is. */
  readonly names: readonly string[];
  readonly ttl: string | undefined;
  readonly trust: 'always' | 'verify' | 'never' | undefined;
}

/** One server of one program. The same request gives the same server. */
export interface McpServer {
  /** For messages: `@tools/github-mcp@1.2.0`. */
  readonly name: string;
  readonly tools: readonly McpTool[];
  /** Calls a tool. What the tool itself says went wrong comes as `isError`; all else is thrown. */
  readonly call: (tool: string, args: McpArguments, options: McpCallOptions) => Promise<McpResult>;
  readonly resource: (uri: string, options: McpCallOptions) => Promise<McpResource>;
  readonly prompt: (
    name: string,
    args: Readonly<Record<string, string>>,
    options: McpCallOptions,
  ) => Promise<McpPrompt>;
  /** Called once, when the program has ended. */
  readonly close?: () => Promise<void>;
}

/** Named arguments, as JSON's values. */
export type McpArguments = Readonly<Record<string, unknown>>;

export interface McpCallOptions {
  /** Milliseconds. */
  readonly timeout: number;
}

export interface McpTool {
  /** As the server calls it: `create_issue`. */
  readonly name: string;
  readonly description: string | undefined;
  /** The parameters in the order of the schema, so that they can be given by place. */
  readonly parameters: readonly McpParameter[];
}

export interface McpParameter {
  readonly name: string;
  /** The schema's `type`, where it is a single one. */
  readonly type: string | undefined;
  readonly required: boolean;
}

export interface McpResult {
  readonly content: readonly McpContent[];
  /** `structuredContent`, if the tool gave any. */
  readonly structured: unknown;
  readonly isError: boolean;
}

/** `text` has its text; `image` and `audio` their data in base64; `resource` and `link` what they name. */
export interface McpContent {
  readonly type: 'text' | 'image' | 'audio' | 'resource' | 'link';
  readonly text: string | undefined;
  readonly data: string | undefined;
  readonly mimeType: string | undefined;
  readonly uri: string | undefined;
}

export interface McpResource {
  readonly contents: readonly {
    readonly uri: string;
    readonly mimeType: string | undefined;
    readonly text: string | undefined;
    /** Base64, where it is no text. */
    readonly blob: string | undefined;
  }[];
}

export interface McpPrompt {
  readonly description: string | undefined;
  readonly messages: readonly { readonly role: string; readonly content: McpContent }[];
}
