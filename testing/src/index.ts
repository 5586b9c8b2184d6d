export { codeOf } from './code-of.ts';
export {
  FIXED_DATE,
  type FileTree,
  type GitOptions,
  type GitRepo,
  git,
  gitBytes,
  gitEnvironment,
  gitRepo,
  writeTree,
} from './git.ts';
export type { DeviceLogin } from './github/auth.ts';
export type { Fault, Faults, LoggedRequest, Surface } from './github/faults.ts';
export { type GitHub, type GitHubOptions, type NewRepo, type NewUser, startGitHub } from './github/index.ts';
export {
  type HostileMode,
  type HostileOptions,
  type HostileServer,
  startHostileServer,
} from './hostile-server.ts';
export { type ThrowawayKey, type ThrowawayKeyOptions, throwawayKey, throwawayKeys } from './keys.ts';
export {
  type LatencyProxy,
  type LatencyProxyOptions,
  startLatencyProxy,
  startUdpLatencyProxy,
  type Traffic,
} from './latency-proxy.ts';
export { bareEnvironment, type ProcessOptions, type ProcessResult, runProcess } from './process.ts';
export { BUNDLE, type CliResult, cliEnvironment, type RunCliOptions, runCli } from './run-cli.ts';
export { runCliHere } from './run-cli-here.ts';
export { makeTempDir, type TempDir, tempDir } from './temp-dir.ts';
