/** What goes into a publish and what comes out. */
import type { Bump, ModuleName } from '@mlld/format';
import type { CheckOptions } from '../check/check.ts';
import type { Finding } from '../check/finding.ts';
import type { Sessions } from '../github/login.ts';
import type { Signer } from '../keyset.ts';
import type { Edit } from '../module/edit.ts';
import type { Module } from '../module/read.ts';
import type { Workspace } from '../module/workspace.ts';
import type { PlaceChoice } from '../place/choose.ts';
import type { Environment } from '../process.ts';
import type { RegistryTarget } from '../registry/target.ts';
import type { PublishUi } from '../ui.ts';
import type { CapabilityNews } from './capabilities.ts';

export interface PublishOptions extends PublishSettings {
  /** File or folder of the module. */
  readonly path: string;
}

export interface PublishSettings {
  readonly cwd: string;
  readonly env: Environment;
  readonly ui: PublishUi;
  /** Default: the user's home. */
  readonly home?: string;
  /** Folder or git URL of a registry repository to commit to directly. */
  readonly registry?: string | undefined;
  /** `owner/repository` on GitHub that gets the pull request. Default: the public registry. */
  readonly to?: string | undefined;
  readonly version?: string | undefined;
  readonly bump?: Bump | undefined;
  /** SSH key: a file, or a public key as text. */
  readonly key?: string | undefined;
  /** Base URL or folder where the bytes are public already; of several modules, each lies below it as it does below `below`. */
  readonly source?: string | undefined;
  /** Put the bytes into a gist even if the module lies in a repository. */
  readonly gist?: boolean | undefined;
  /** Publish breaking changes under a minor or patch version. */
  readonly force?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** Do not ask before the first thing becomes public. */
  readonly yes?: boolean | undefined;
  /** The folder that several modules lie in. Default: each module's own. */
  readonly below?: string | undefined;
  /** Gives the modules that tests and examples import; without it such are not run. */
  readonly resolveModule?: CheckOptions['resolveModule'];
  readonly grant?: CheckOptions['grant'];
  /** Further rules for modules of a kind. */
  readonly ofKind?: CheckOptions['ofKind'];
  readonly now?: Date;
}

/** What will become public, shown before anything does. */
export interface PublishPlan {
  readonly name: ModuleName;
  readonly version: string;
  readonly module: Module;
  readonly digest: string;
  readonly imports: ReadonlyMap<ModuleName, string>;
  readonly findings: readonly Finding[];
  /** What its code can do beyond the version before. */
  readonly capabilities: CapabilityNews;
  /** Where the bytes go, for people. */
  readonly place: string;
  /** Where the release goes, for people. */
  readonly registry: string;
  readonly signer: Signer;
  /** The manifest's version is changed in this file first. */
  readonly rewrites: string | undefined;
  /** That change is committed and pushed to the author's repository. */
  readonly pushes: boolean;
}

export interface PublishResult {
  readonly status: 'dry-run' | 'published' | 'proposed' | 'already-published';
  readonly name: ModuleName;
  readonly version: string;
  readonly digest: string;
  readonly plan?: PublishPlan;
  readonly sources: readonly string[];
  /** The pull request, or the commit. */
  readonly reference?: string;
}

export interface PublishContext extends Sessions {
  readonly options: PublishSettings;
  readonly home: string;
  readonly now: Date;
  /** The modules that are published together, which may import each other. */
  readonly together: Workspace;
  /** Their versions, once they are known. */
  readonly versions: Map<ModuleName, string>;
}

export interface Subject {
  readonly module: Module;
  readonly name: ModuleName;
  readonly target: RegistryTarget;
}

/** A module that was checked and can be published. */
export interface Planned {
  readonly subject: Subject;
  readonly plan: PublishPlan;
  readonly place: PlaceChoice;
  /** What is written into the manifest first. */
  readonly edit: Edit | undefined;
}
