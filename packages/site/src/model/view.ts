/**
 * What pages are made of, as plain JSON: the builder writes it, the components turn it into HTML, in Node at build time and
 * in a browser for modules that have no page of their own.
 */
import type { AffectedModule, ModuleName } from '@mlld/format';

export interface RegistryView {
  readonly name: string;
  readonly title: string;
  /** Where the distribution is published, ending in `/`; absent where nobody said so. */
  readonly url?: string | undefined;
  readonly zone?: string | undefined;
  readonly repository?: string | undefined;
  /** Whether contents of files are at `blob/`. */
  readonly blobs: boolean;
  /** Whether the registry keeps a log. */
  readonly logged: boolean;
  /** What readers have to know about these pages, above all of them: that they are from a cache. */
  readonly notice?: string | undefined;
}

/** One line about a module, for lists. */
export interface ModuleRow {
  readonly name: ModuleName;
  readonly about: string;
  readonly kind: string;
  readonly version: string;
  /** Newest first. */
  readonly versions: readonly string[];
  readonly created: string;
  readonly updated: string;
  readonly tags: readonly string[];
  readonly license: string;
  readonly needs: readonly string[];
  readonly evidence: number;
  /** What its sources gave when they were asked: `match`, `mismatch`, `unreachable`, `unchecked`. */
  readonly checked: string;
  /** Names of exports. */
  readonly exports: readonly string[];
  /** Modules that the newest version imports. */
  readonly imports: readonly string[];
  readonly yanked: boolean;
  readonly deprecated: boolean;
  /** Ids of open advisories. */
  readonly advisories: readonly string[];
}

export interface ParamView {
  readonly name: string;
  readonly type?: string | undefined;
  readonly optional: boolean;
}

export interface ExampleView {
  readonly code: string;
  readonly expected?: string | undefined;
}

export interface ExportView {
  readonly name: string;
  readonly kind: 'exe' | 'var';
  readonly params: readonly ParamView[];
  readonly returns?: string | undefined;
  /** Markdown. */
  readonly doc?: string | undefined;
  readonly examples: readonly ExampleView[];
  /** 1-based line in the entry file. */
  readonly line: number;
}

export interface FileView {
  readonly path: string;
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
}

export interface VersionLine {
  readonly version: string;
  readonly publishedAt?: string | undefined;
  readonly tags: readonly string[];
  /** Why it was yanked. */
  readonly yanked?: string | undefined;
  readonly evidence: number;
  readonly bytes?: number | undefined;
  readonly state: string;
}

export interface CapabilityView {
  readonly kind: string;
  readonly name: string;
}

export interface QualityPartView {
  readonly name: string;
  readonly points: number;
  readonly most: number;
  readonly reason: string;
  /** How to gain what is missing; absent where nothing is. */
  readonly gain?: string | undefined;
}

export interface QualityView {
  readonly value: number;
  readonly parts: readonly QualityPartView[];
}

export interface TrustView {
  readonly value: number;
  readonly parts: readonly {
    readonly name: string;
    readonly points: number;
    readonly most: number;
    readonly reason: string;
  }[];
  readonly caps: readonly { readonly most: number; readonly reason: string }[];
  readonly insufficient?: string | undefined;
}

export interface ReviewView {
  readonly by: string;
  readonly at: string;
  readonly version: string;
  readonly rating: string;
  readonly thoroughness: string;
  readonly understanding: string;
  readonly criteria: readonly string[];
  readonly text: string;
  /** The version that a delta review starts from. */
  readonly from?: string | undefined;
}

export interface AdvisoryView {
  readonly id: string;
  readonly state: string;
  readonly severity: string;
  readonly malware: boolean;
  readonly summary: string;
  /** Markdown. */
  readonly details: string;
  readonly published: string;
  readonly modified: string;
  readonly modules: readonly (AffectedModule & {
    /** Versions that mend it. */
    readonly fixed: readonly string[];
  })[];
  readonly aliases: readonly string[];
  readonly references: readonly string[];
  readonly confirmed: number;
  readonly disputed: number;
  /** Minutes from the report until the registry answered, and until there was a version that mends it. */
  readonly responseMinutes?: number | undefined;
  readonly resolvedMinutes?: number | undefined;
}

/** A module that is named beside another. */
export interface ModuleLink {
  readonly name: ModuleName;
  readonly about: string;
}

/** Installs as access logs show them (docs/spec/statistics.md): sums of daily counts, of which the smallest count as none. */
export interface InstallsView {
  /** What a bar is: a whole week by its Monday, or a day. */
  readonly unit: 'day' | 'week';
  /** The last day that is counted in; of a module the end of a week, empty where it was never counted. */
  readonly until: string;
  /** Days that were counted, of the last 28. Sums are of these. */
  readonly days: number;
  readonly people: number;
  readonly ci: number;
  readonly robots: number;
  readonly bars: readonly { readonly label: string; readonly value: number }[];
  /** Of people, in these days. */
  readonly versions: readonly { readonly label: string; readonly value: number }[];
  /** Who counted. */
  readonly sources: readonly { readonly source: string; readonly by: string }[];
}

/** A theme on code. Its colours are a file of their own: pages allow no styles in them. */
export interface ThemeView {
  readonly name: string;
  /** What it promises: `AA` or `AAA`. */
  readonly contrast: string;
  readonly variants: readonly {
    readonly name: string;
    readonly mode: string;
    /** The least contrast of any text. */
    readonly least: number;
    readonly keepsPromise: boolean;
    /** The class below which its colours are. */
    readonly selector: string;
    /** Names of the 16 colours of terminals; each has the class `a-<name>`. */
    readonly palette: readonly string[];
  }[];
  readonly css: string;
  /** Lines of code; each token has the class `s-<scope>`. */
  readonly lines: readonly (readonly { readonly text: string; readonly scope?: string | undefined }[])[];
}

/** What a template asks, and what it makes. */
export interface TemplateView {
  readonly prompts: readonly {
    readonly name: string;
    readonly ask: string;
    readonly kind: string;
    readonly choices: readonly string[];
    readonly fallback?: string | undefined;
    readonly conditional: boolean;
  }[];
  /** Drawn, a line each. */
  readonly tree: readonly string[];
  readonly files: number;
  /** Patterns of files that come by what was answered. */
  readonly conditional: readonly string[];
  readonly next: readonly string[];
}

/** What an MCP server may do, and what it was seen to offer. */
export interface McpView {
  readonly permissions: {
    readonly hosts: readonly string[];
    readonly folders: readonly { readonly path: string; readonly access: string }[];
    readonly environment: readonly {
      readonly name: string;
      readonly secret: boolean;
      readonly required: boolean;
    }[];
    readonly commands: readonly string[];
  };
  readonly definitions: readonly {
    readonly kind: string;
    readonly name: string;
    readonly sha256: string;
    readonly description: string;
    /** JSON. */
    readonly schema: string;
  }[];
  readonly protocol?: string | undefined;
  /** Milliseconds. */
  readonly startMs?: number | undefined;
  /** JSON for clients. */
  readonly configuration: string;
}

/** A list of modules that somebody recommends. */
export interface CollectionView {
  readonly by: string;
  readonly slug: string;
  readonly title: string;
  readonly about: string;
  readonly at: string;
  readonly modules: readonly { readonly name: ModuleName; readonly about: string; readonly reason: string }[];
}

/** All that one version shows. */
export interface ModuleView {
  readonly name: ModuleName;
  readonly kind: string;
  readonly about: string;
  readonly version: string;
  /** The version of the module's own page. */
  readonly latest: string;
  readonly versions: readonly VersionLine[];
  readonly publishedAt?: string | undefined;
  readonly license: string;
  readonly needs: readonly string[];
  readonly mlldVersion?: string | undefined;
  readonly tags: readonly string[];
  readonly repo?: string | undefined;
  readonly bugs?: string | undefined;
  readonly homepage?: string | undefined;
  readonly funding?: string | undefined;
  readonly owners: readonly string[];
  readonly deprecated?:
    | { readonly message: string; readonly replacedBy?: ModuleName | undefined }
    | undefined;
  /** Of its kind alone. */
  readonly theme?: ThemeView | undefined;
  readonly template?: TemplateView | undefined;
  readonly mcp?: McpView | undefined;
  readonly entry: string;
  readonly digest?: string | undefined;
  readonly contentHash?: string | undefined;
  readonly statement?: string | undefined;
  readonly sources: readonly string[];
  readonly files: readonly FileView[];
  readonly bytes?: number | undefined;
  readonly evidence: number;
  readonly checked: { readonly state: string; readonly reason?: string | undefined };
  readonly imports: readonly { readonly name: ModuleName; readonly selector: string }[];
  readonly closure: readonly { readonly name: ModuleName; readonly version: string }[];
  readonly dependents: readonly ModuleLink[];
  readonly dependentCount: number;
  readonly exports: readonly ExportView[];
  readonly capabilities: readonly CapabilityView[];
  /** Markdown of the documentation that is about no single export. */
  readonly readme: string;
  /** Whether its examples can run in a page: it, and all that it imports, computes and does nothing else. */
  readonly runnable: boolean;
  readonly quality?: QualityView | undefined;
  readonly trust?: TrustView | undefined;
  readonly reviews: readonly ReviewView[];
  readonly stars: number;
  readonly advisories: readonly AdvisoryView[];
  /** What readers have to know about this page: what is not in a cache. */
  readonly notice?: string | undefined;
}

/** A text file of a version, for the source browser. */
export interface SourceFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** Absent for what is no text, or too long to show. */
  readonly text?: string | undefined;
}

/** A page of prose from the registry's repository. */
export interface DocumentView {
  readonly slug: string;
  readonly title: string;
  readonly markdown: string;
}

export interface TagCatalog {
  /** Other spellings, to the canonical tag. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly categories: readonly {
    readonly slug: string;
    readonly title: string;
    readonly about: string;
    readonly tags: readonly string[];
  }[];
  readonly collections: readonly {
    readonly title: string;
    readonly about: string;
    readonly modules: readonly ModuleName[];
  }[];
}
