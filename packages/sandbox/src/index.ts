export { type FoundSandbox, findSandbox, type SandboxTools } from './find.ts';
export type { Connection } from './gateway.ts';
export { type Launched, type LaunchRequest, launch } from './launch.ts';
export { type NodePermissions, nodePermissionFlags } from './node-permissions.ts';
export { type SandboxLimits, type SandboxPolicy, sandboxLimits } from './policy.ts';
export { type RunRequest, type RunResult, runSandboxed } from './run.ts';
