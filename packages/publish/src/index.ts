/**
 * The author's side: read a module, check it, sign it, send it. Everything that a person is asked goes through `Ui`.
 */

export {
  type AdvisoryContent,
  type AdvisoryDraft,
  contentOf,
  encodeDraft,
  parseDraft,
} from './advisory/draft.ts';
export type { AdvisoryWord } from './advisory/say.ts';
export {
  type AdvisoryOptions,
  type AdvisoryResult,
  type SignAdvisoryOptions,
  sayAboutAdvisory,
  signAdvisory,
} from './advisory/submit.ts';
export { atATime, CHECKS_AT_A_TIME } from './at-a-time.ts';
export { type CheckOptions, type CheckResult, checkModule, checkText } from './check/check.ts';
export { type Finding, type Fix, finding } from './check/finding.ts';
export type { Lookup, LookupModule } from './check/imports.ts';
export { qualityOfModule } from './check/quality.ts';
export { type RuleId, rules, type Severity } from './check/rules.ts';
export { type DeprecateBody, deprecateSaying } from './community/deprecate.ts';
export {
  type CollectionBody,
  collectionSaying,
  type ReportBody,
  type ReviewBody,
  reportSaying,
  reviewSaying,
  starSaying,
  type TrustBody,
  trustSaying,
} from './community/sayings.ts';
export { endpointsOf } from './github/endpoints.ts';
export {
  type Account,
  type AccountOptions,
  knownLogin,
  login,
  logout,
  type WhoAmI,
  whoami,
} from './github/login.ts';
export { type ResolveTxt, systemTxt } from './keys/anchors.ts';
export { changeKeys } from './keys/change-keys.ts';
export { describeAnchors, describeChange } from './keys/describe.ts';
export { type KeysListing, type ListedKey, type ListedKeyset, listKeys } from './keys/list.ts';
export { type SignKeysetOptions, signKeyset } from './keys/sign-draft.ts';
export type {
  ChangeKeysOptions,
  KeysOptions,
  KeysResult,
  SigningOptions,
  WantedChange,
} from './keys/types.ts';
export { applyEdits, type Edit, fixEdits } from './module/edit.ts';
export { type NewModule, type NewModuleOptions, newModule, parseKind } from './module/new.ts';
export { type Module, type ModuleFile, readModule, withText } from './module/read.ts';
export { importEachOther, readModules, type Workspace, workspaceOf } from './module/workspace.ts';
export type { CapabilityNews } from './publish/capabilities.ts';
export { publish, publishModules } from './publish/publish.ts';
export { lookupIn } from './publish/records.ts';
export type { PublishOptions, PublishPlan, PublishResult } from './publish/types.ts';
export { firstCommit } from './registry/folder.ts';
export { type OpenRegistryOptions, openRegistry } from './registry/open.ts';
export type { RegistryTarget } from './registry/target.ts';
export { nameOf, needsOf } from './release.ts';
export { findKeys, type KeySearch, type SigningKey } from './sign/keys.ts';
export { type SignOptions, sign } from './sign/sign.ts';
export { submitStatement } from './statement/submit.ts';
export type { Saying, Speaker, StatementOptions, StatementResult } from './statement/types.ts';
export { type Choice, type PublishUi, type Ui, unattended } from './ui.ts';
