/**
 * The transparency log (docs/spec/log.md): pure functions over bytes. Nothing here reads a file, a clock or a network.
 *
 * - `merkle`: hashes, inclusion and consistency proofs · `tiles`: the log as static files
 * - `note`, `checkpoint`: what a log and its witnesses sign · `policy`: which checkpoints count
 * - `log-proof`: all that is needed to verify one entry offline
 */
export {
  type AddCheckpoint,
  formatAddCheckpoint,
  type Judgement,
  judgeCheckpoint,
  parseAddCheckpoint,
  type WitnessView,
} from './add-checkpoint.ts';
export {
  type Checkpoint,
  cosign,
  cosignedAt,
  formatCheckpoint,
  parseCheckpoint,
} from './checkpoint.ts';
export { type VerifiedHead, verifyHead } from './head.ts';
export { checkGrowth, formatLogProof, type LogProof, parseLogProof, verifyLogProof } from './log-proof.ts';
export { headTime, type LogTime, type LogTimeFacts, publicSince, type Sighting } from './log-time.ts';
export {
  type Hash,
  type HashReader,
  type InclusionProof,
  isConsistent,
  isIncluded,
  leafHash,
  nodeHash,
  proveConsistency,
  proveInclusion,
  type TreeHead,
  treeRoot,
} from './merkle.ts';
export {
  formatNote,
  formatVerifierKey,
  isSignedBy,
  type Note,
  type NoteKeyType,
  type NoteSignature,
  type NoteSigner,
  noteSigner,
  parseNote,
  parseVerifierKey,
  signaturesOf,
  signNote,
  type VerifierKey,
  verifierKey,
} from './note.ts';
export {
  type AcceptedCheckpoint,
  acceptCheckpoint,
  isQuorum,
  type LogPolicy,
  logPolicyText,
  parseLogPolicy,
  type WitnessGroup,
} from './policy.ts';
export {
  type SnapshotDigits,
  type SnapshotProof,
  snapshotDigits,
  snapshotFiles,
  snapshotKey,
  snapshotPrefixes,
  verifySnapshot,
} from './snapshot-tree.ts';
export {
  decodeEntries,
  encodeEntries,
  entriesPath,
  type GrownTree,
  growEntries,
  growTree,
  hashesFromTiles,
  newTiles,
  parseTilePath,
  type Tile,
  type TileReader,
  tilePath,
  tilesNeeded,
  tileWidth,
} from './tiles.ts';
