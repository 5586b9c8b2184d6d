/**
 * From a registry repository to its distribution, and what is wrong with a repository.
 *
 * - `openRepository`, `readRepository`: modules as they are, signed or not
 * - `build`: the distribution, deterministic and incremental (docs/spec/distribution.md)
 * - `check`, `checkSubmission`: findings about a repository, a pull request, or what is about to be sent
 * - `initRegistry`: a new repository
 * - `zoneFile`: its DNS zone (docs/spec/dns.md)
 */
export type { ReadAdvisory } from './advisories/history.ts';
export { type OpenAdvisories, openAdvisories } from './advisories/open.ts';
export { type BuildOptions, type BuildProgress, type BuildReport, build } from './build/build.ts';
export {
  type CheckOptions,
  type CheckReport,
  check,
  checkSubmission,
  type SubmissionOptions,
} from './check/check.ts';
export { reservedAuthors } from './check/names.ts';
export { githubAnnotations, sarif } from './check/report.ts';
export { type ScanOptions, scanReleases } from './check/scan.ts';
export { githubCommand, sarifDocument } from './check/tool-forms.ts';
export type { Finding } from './finding.ts';
export type { LogFinding, SeenEntry } from './follow/facts.ts';
export { type MonitorOptions, type MonitorReport, monitorLog } from './follow/monitor.ts';
export { type LogSource, openSource } from './follow/source.ts';
export { type Cosigned, cosignLatest, type WitnessOptions } from './follow/witness.ts';
export type { WitnessAnswer } from './follow/witness-client.ts';
export {
  serveWitness,
  type WitnessRequest,
  type WitnessServer,
  type WitnessServerOptions,
} from './follow/witness-server.ts';
export { logSigner, readNoteKey, signerOf, writeNoteKey } from './log/key.ts';
export type { LogOptions, LogReport } from './log/log.ts';
export { outputs, outputsFor } from './outputs/list.ts';
export { allowedSigners } from './policy/allowed-signers.ts';
export {
  type FirstPolicy,
  firstPolicy,
  logOrigin,
  nextPolicy,
  type PolicyChange,
  type RoleChange,
} from './policy/propose.ts';
export { type PolicyChain, readPolicyChain } from './policy/read.ts';
export { type PolicyStatus, policyStatuses, type RoleStatus } from './policy/status.ts';
export { readSignatures } from './repository/files.ts';
export type {
  AuthorKeys,
  ReadChange,
  ReadModule,
  ReadRelease,
  RecordRelease,
  SignedRelease,
} from './repository/model.ts';
export {
  openRepository,
  type Repository,
  readRepository,
  repositoryOf,
  todaysRegistry,
} from './repository/read.ts';
export { folderTree, memoryTree, overlayTree, type Tree, type TreeEntry } from './repository/tree.ts';
export { type RuleId, rules, type Severity, type Tier } from './rules.ts';
export { type InitOptions, type InitReport, initRegistry, templatesDir } from './scaffold/init.ts';
export { endpointQuery } from './search/embed/endpoint.ts';
export { advisoriesAbout, advisoryView } from './site/advisory-view.ts';
export { siteAssets } from './site/output.ts';
export { type Study, studyVersion } from './site/study.ts';
export { exportView } from './site/view.ts';
export type { Fetch } from './sources/download.ts';
export {
  type ClosedDay,
  type Closing,
  closedDay,
  daysToClose,
  writeClosed,
} from './stats/close.ts';
export { type Days, openDays } from './stats/day.ts';
export { type LogFormat, logFormats, parseLogFormat } from './stats/formats.ts';
export { type IngestOptions, type IngestReport, ingest } from './stats/ingest.ts';
export { type InstallTable, installTable } from './stats/installs.ts';
export { type ZoneOptions, zoneFile } from './zone/zone-file.ts';
