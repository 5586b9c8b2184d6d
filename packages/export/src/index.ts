/** Modules for other languages: bundles, packages made of them, and the protocol that those speak (docs/spec/call.md). */
export {
  type Bundle,
  type BundleModule,
  bundleEnding,
  bundleLimits,
  digestOf,
  encodeBundle,
  moduleKey,
  parseBundle,
  sha256,
} from './bundle.ts';
export { type HttpOptions, type HttpServing, serveHttp } from './call/http.ts';
export { callLimits, errorOf, type LinesOptions, parsePlain, serveLines } from './call/lines.ts';
export { type Arguments, type Callable, type CallableFunction, callFunction } from './callable.ts';
export { documentedFunctions } from './documented.ts';
export { openApi } from './openapi.ts';
export { makePackage } from './package.ts';
export { type PackageFiles, type TargetInput, type TargetName, targetNames } from './targets/target.ts';
export { pythonOf, typescriptOf } from './types.ts';
