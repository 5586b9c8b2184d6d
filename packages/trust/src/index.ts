/**
 * Who says so. Pure functions over bytes; the only thing of Node they use is `node:crypto`.
 *
 * - `verifyRelease`: a proof bundle → the release, if its author signed it (docs/spec/trust.md §2)
 * - `verifyKeysetChain`: an author's keysets → the newest, if each vouches for the next (statements.md §6)
 * - `verifySignature`, `parseSignature`, `parsePublicKey`: OpenSSH signatures and keys (statements.md §4, §5)
 * - `readSignedText`, `splitSignatures`: a statement and the signatures beside it
 * - `checkFile`, `checkFiles`, `digestOfFiles`, `sha256`: bytes against what a release says (digests.md)
 * - `evaluateAdvisory`, `gateOf`, `affectedBy`, `verifyAdvisoryIndex`: what an advisory comes to, and stops (advisories.md)
 * - `@mlld/trust/log`: the transparency log (log.md), apart because most commands never need it
 */
export {
  type AdvisoryGate,
  affectedBy,
  gateOf,
  type Judged,
  type VersionFacts,
  verifyAdvisoryIndex,
} from './advisory/gate.ts';
export {
  type AdvisoryHistory,
  type AdvisoryStatus,
  type Evaluated,
  evaluateAdvisory,
  reviewEnd,
  type SignedRevision,
} from './advisory/history.ts';
export { advisoryStats, type Dealt } from './advisory/stats.ts';
export {
  type ReadCollections,
  type ReadCommunity,
  type ReadTrusts,
  readCollectionsFile,
  readCommunityFile,
  readTrustsFile,
} from './community.ts';
export { checkFile, checkFiles, digestOfFiles, sha256 } from './digest.ts';
export {
  type KeysetChainOptions,
  type KnownKeysets,
  type SignersOptions,
  signersOf,
  type VerifiedKeyset,
  verifyKeysetChain,
  verifyKeysets,
} from './keyset.ts';
export {
  type PolicyChainOptions,
  type PolicyPin,
  roleAt,
  roleSigners,
  type VerifiedPolicy,
  verifyPolicyChain,
} from './policy-chain.ts';
export { type KeyType, keyTypes, type PublicKey, parsePublicKey } from './public-key.ts';
export { inForce, looksRecovered, type RecoveryContext, recoveryByClaims } from './recovery.ts';
export { type VerifiedRelease, type VerifyReleaseOptions, verifyRelease } from './release.ts';
export {
  capacityAt,
  type EdgesOf,
  fanOutAt,
  fullCapacity,
  maxDistance,
  type Reach,
  reach,
  standingOf,
  support,
  type TrustEdge,
  walkTrust,
} from './reputation.ts';
export { type JudgeContext, judge, type ReviewFact, reviewableDigest, reviewFact } from './reviews.ts';
export {
  type KnownOfVersion,
  nothingJudged,
  type OpenAdvisory,
  qualityOf,
  reviewedEvidence,
  reviewedFrom,
  type ScoreCap,
  type ScoreFacts,
  type ScorePart,
  scoreFacts,
  type TrustScore,
  trustScore,
} from './score.ts';
export { type ReadFile, readSignedText, splitSignatures } from './signed-text.ts';
export { parseSignature, type Signature, type VerifySignatureInput, verifySignature } from './sshsig.ts';
