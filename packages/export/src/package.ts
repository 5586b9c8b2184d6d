import { javascriptPackage } from './targets/javascript.ts';
import { pythonPackage } from './targets/python.ts';
import { mcpPackage, openApiPackage } from './targets/service.ts';
import type { PackageFiles, TargetInput, TargetName } from './targets/target.ts';

/** The files of a package that calls a module's functions from another language. Pure: the same input, the same files. */
export function makePackage(target: TargetName, input: TargetInput): PackageFiles {
  switch (target) {
    case 'js':
    case 'ts':
      return javascriptPackage(input, target);
    case 'python':
      return pythonPackage(input);
    case 'mcp':
      return mcpPackage(input);
    case 'openapi':
      return openApiPackage(input);
  }
}
