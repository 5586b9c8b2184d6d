/**
 * Where clients of MCP keep their servers, and how one is written there (docs/guides/mcp-serving.md). A value that the user gives is
 * written as what the client asks for or reads from the environment; where a client can do neither, a secret is left out.
 */
import path from 'node:path';

/** What the user gives when the server starts. */
export interface ExportInput {
  /** `[A-Za-z_][A-Za-z0-9_]*`: also the variable of the environment that it is read from. */
  readonly name: string;
  readonly description?: string | undefined;
  readonly secret: boolean;
  readonly required: boolean;
  readonly preset?: string | undefined;
  readonly choices?: readonly string[] | undefined;
}

/** Text and what the user gives, one behind the other. */
export type ExportValue = readonly (string | ExportInput)[];

export interface ExportServer {
  /** How the client calls it: `[A-Za-z0-9_-]{1,64}`. */
  readonly name: string;
  readonly launch:
    | {
        readonly kind: 'stdio';
        readonly command: string;
        readonly args: readonly ExportValue[];
        readonly env: ReadonlyMap<string, ExportValue>;
      }
    | {
        readonly kind: 'http' | 'sse';
        readonly url: ExportValue;
        readonly headers: ReadonlyMap<string, ExportValue>;
      };
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly project: string;
  /** `%APPDATA%` and `$XDG_CONFIG_HOME`, where they are set. */
  readonly appData: string;
  readonly config: string;
}

export interface ClientSpec {
  readonly id: string;
  readonly title: string;
  /** The member that holds the servers. */
  readonly member: string;
  /** Files may have comments. */
  readonly comments: boolean;
  readonly file: (machine: Machine) => { readonly project?: string; readonly user?: string };
  /** How a value names an input; undefined: the client has no way. */
  readonly input: ((input: ExportInput) => string) | undefined;
  /** Speaks HTTP by a configuration file. */
  readonly remote: boolean;
  readonly entry: (launch: Written) => Readonly<Record<string, unknown>>;
  /** Whether the client asks for inputs that stand in a list of their own. */
  readonly asks: boolean;
}

/** A launch with its values as texts. */
export type Written =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'http' | 'sse';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
    };

const maybe = (name: string, value: Readonly<Record<string, string>>) =>
  Object.keys(value).length === 0 ? {} : { [name]: value };
const stdio = ({ command, args, env }: Extract<Written, { kind: 'stdio' }>) => ({
  command,
  args,
  ...maybe('env', env),
});
const fromEnv = ({ name, preset, secret }: ExportInput) =>
  preset === undefined || secret ? `\${${name}}` : `\${${name}:-${preset}}`;
const fromNamespace = ({ name }: ExportInput) => `\${env:${name}}`;

export const clients: readonly ClientSpec[] = [
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    member: 'mcpServers',
    comments: false,
    file: ({ platform, home, appData, config }) => ({
      user:
        platform === 'darwin'
          ? path.join(home, 'Library/Application Support/Claude/claude_desktop_config.json')
          : path.join(platform === 'win32' ? appData : config, 'Claude/claude_desktop_config.json'),
    }),
    input: undefined,
    remote: false,
    entry: (launch) => (launch.kind === 'stdio' ? stdio(launch) : {}),
    asks: false,
  },
  {
    id: 'claude-code',
    title: 'Claude Code',
    member: 'mcpServers',
    comments: false,
    file: ({ project, home }) => ({
      project: path.join(project, '.mcp.json'),
      user: path.join(home, '.claude.json'),
    }),
    input: fromEnv,
    remote: true,
    entry: (launch) =>
      launch.kind === 'stdio'
        ? { type: 'stdio', ...stdio(launch) }
        : { type: launch.kind, url: launch.url, ...maybe('headers', launch.headers) },
    asks: false,
  },
  {
    id: 'vscode',
    title: 'VS Code',
    member: 'servers',
    comments: true,
    file: ({ project, platform, home, appData, config }) => ({
      project: path.join(project, '.vscode/mcp.json'),
      user:
        platform === 'darwin'
          ? path.join(home, 'Library/Application Support/Code/User/mcp.json')
          : path.join(platform === 'win32' ? appData : config, 'Code/User/mcp.json'),
    }),
    input: ({ name }) => `\${input:${inputId(name)}}`,
    remote: true,
    entry: (launch) =>
      launch.kind === 'stdio'
        ? { type: 'stdio', ...stdio(launch) }
        : { type: launch.kind, url: launch.url, ...maybe('headers', launch.headers) },
    asks: true,
  },
  {
    id: 'cursor',
    title: 'Cursor',
    member: 'mcpServers',
    comments: false,
    file: ({ project, home }) => ({
      project: path.join(project, '.cursor/mcp.json'),
      user: path.join(home, '.cursor/mcp.json'),
    }),
    input: fromNamespace,
    remote: true,
    entry: (launch) =>
      launch.kind === 'stdio' ? stdio(launch) : { url: launch.url, ...maybe('headers', launch.headers) },
    asks: false,
  },
  {
    id: 'windsurf',
    title: 'Windsurf',
    member: 'mcpServers',
    comments: false,
    file: ({ home }) => ({ user: path.join(home, '.codeium/windsurf/mcp_config.json') }),
    input: fromNamespace,
    remote: true,
    entry: (launch) =>
      launch.kind === 'stdio'
        ? stdio(launch)
        : { serverUrl: launch.url, ...maybe('headers', launch.headers) },
    asks: false,
  },
  {
    id: 'zed',
    title: 'Zed',
    member: 'context_servers',
    comments: true,
    file: ({ project, platform, home, appData, config }) => ({
      project: path.join(project, '.zed/settings.json'),
      user:
        platform === 'win32'
          ? path.join(appData, 'Zed/settings.json')
          : path.join(platform === 'darwin' ? path.join(home, '.config') : config, 'zed/settings.json'),
    }),
    input: undefined,
    remote: true,
    entry: (launch) =>
      launch.kind === 'stdio' ? stdio(launch) : { url: launch.url, ...maybe('headers', launch.headers) },
    asks: false,
  },
  {
    id: 'gemini',
    title: 'Gemini CLI',
    member: 'mcpServers',
    comments: true,
    file: ({ project, home }) => ({
      project: path.join(project, '.gemini/settings.json'),
      user: path.join(home, '.gemini/settings.json'),
    }),
    input: ({ name }) => `\${${name}}`,
    remote: true,
    entry: (launch) =>
      launch.kind === 'stdio'
        ? stdio(launch)
        : { [launch.kind === 'http' ? 'httpUrl' : 'url']: launch.url, ...maybe('headers', launch.headers) },
    asks: false,
  },
];

/** `GITHUB_TOKEN` is asked for as `github-token`. */
export function inputId(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
