/** A Python package: typed, without dependencies, for Python 3.9 or newer. */
import type { CallableFunction } from '../callable.ts';
import { commentText, packageName, pythonNames } from '../names.ts';
import { pythonOf } from '../types.ts';
import { pythonClient } from './python-client.ts';
import { readme } from './readme.ts';
import { bundleFile, type PackageFiles, type TargetInput } from './target.ts';

export function pythonPackage(input: TargetInput): PackageFiles {
  const { module, bundle } = input;
  const own = packageName(module.name);
  const folder = pythonNames([own]).get(own)!;
  const names = pythonNames(module.functions.map(({ name }) => name));
  const project = `[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = ${JSON.stringify(own)}
version = ${JSON.stringify(module.version.replace(/-.*$/, ''))}
description = ${JSON.stringify((module.about ?? `The mlld module ${module.name}`).replace(/\s+/g, ' '))}
requires-python = ">=3.9"
readme = "README.md"

[tool.setuptools]
packages = [${JSON.stringify(folder)}]

[tool.setuptools.package-data]
${folder} = ["py.typed", "${bundleFile}"]
`;
  const usable = [...names.values()][0] ?? 'open_module';
  const usage = `\`\`\`python
import ${folder}

${folder}.${usable}(...)
\`\`\`

\`${folder}.open_module()\` starts a process of its own and gives an object with the same functions; use it with \`with\`.`;
  return new Map([
    ['pyproject.toml', project],
    [`${folder}/__init__.py`, initSource(input, names)],
    [`${folder}/_client.py`, pythonClient],
    [`${folder}/py.typed`, ''],
    [`${folder}/${bundleFile}`, bundle],
    ['README.md', readme(input, { title: own, usage, grant: '`open_module(grant=["need"])`' })],
  ]);
}

type Names = ReadonlyMap<string, string>;

function initSource({ module, bundleDigest }: TargetInput, names: Names): string {
  const methods = module.functions.map((one) =>
    functionSource(one, { name: names.get(one.name)!, owner: 'self' }),
  );
  const functions = module.functions.map((one) =>
    functionSource(one, { name: names.get(one.name)!, owner: '_shared()' }),
  );
  const all = [...names.values(), 'MlldError', 'Module', 'open_module'].map((name) => JSON.stringify(name));
  return `# Made with mlld export from ${module.name} ${module.version}.
from __future__ import annotations

import os
from typing import Any, Literal, Optional, Sequence, cast

from ._client import Client, MlldError

__all__ = [${all.join(', ')}]

_BUNDLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "${bundleFile}")
_DIGEST = "sha256:${bundleDigest}"


class Module(Client):
    """The functions of ${module.name}, in a process of their own."""

${methods.map(indent).join('\n\n') || '    pass'}


def open_module(
    *, grant: Sequence[str] = (), mlld: Optional[str] = None, cwd: Optional[str] = None
) -> Module:
    """Starts a process of its own. \`\`grant\`\`: what the module may use of what it declares."""
    return Module(_BUNDLE, _DIGEST, grant=grant, mlld=mlld, cwd=cwd)


_module: Optional[Module] = None


def _shared() -> Module:
    global _module
    if _module is None:
        _module = open_module()
    return _module


${functions.join('\n\n\n')}
`;
}

function functionSource(
  one: CallableFunction,
  { name, owner }: { name: string; owner: 'self' | '_shared()' },
): string {
  const names = pythonNames(one.parameters.map((parameter) => parameter.name));
  let optional = false;
  const list = one.parameters.map((parameter) => {
    const own = names.get(parameter.name)!;
    optional ||= parameter.optional;
    const type = pythonOf(parameter.type);
    // Behind one that can be left out, a default is a must in Python; the module says if it is missing.
    return optional ? `${own}: Optional[${type}] = None` : `${own}: ${type}`;
  });
  const parameters = [...(owner === 'self' ? ['self'] : []), ...list].join(', ');
  const args = `[${one.parameters.map((parameter) => names.get(parameter.name)).join(', ')}]`;
  const result = pythonOf(one.returns);
  const call = `${owner}.call(${JSON.stringify(one.name)}, ${args})`;
  const doc =
    one.doc === undefined
      ? []
      : [`    """${commentText(one.doc.trim()).split('\n').join('\n    ').replace(/"$/, "'")}"""`];
  const returned = result === 'Any' ? call : `cast(${JSON.stringify(result)}, ${call})`;
  return [`def ${name}(${parameters}) -> ${result}:`, ...doc, `    return ${returned}`].join('\n');
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');
}
