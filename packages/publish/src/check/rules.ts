/**
 * Every rule of `mlld check`, in one table (docs/guides/publishing.md shows it). An id is never renamed: people silence and
 * search by it.
 */

export type Severity = 'error' | 'warning' | 'info';

interface Rule {
  /** An error stops `mlld publish`; a warning is shown; an info is advice. */
  readonly severity: Severity;
  /** What the rule wants. */
  readonly what: string;
  /** How to mend it. */
  readonly hint: string;
}

export const rules = {
  'metadata/name': {
    severity: 'error',
    what: 'The module has a name and an author, in lower case',
    hint: 'Write name: and author: with letters a-z, digits and single inner hyphens.',
  },
  'metadata/reserved': {
    severity: 'error',
    what: 'The name is not reserved for the language or the registry',
    hint: 'Choose another name.',
  },
  'metadata/version': {
    severity: 'error',
    what: 'The version has three numbers (semver 2.0.0)',
    hint: 'For instance version: 1.0.0',
  },
  'metadata/about': {
    severity: 'error',
    what: 'The module says what it is about, in one line',
    hint: 'Write about: with one sentence of at most 300 characters.',
  },
  'metadata/licence': {
    severity: 'error',
    what: 'The licence is an SPDX expression',
    hint: 'Write license: CC0 (public domain), or an SPDX expression such as MIT.',
  },
  'metadata/licence-today': {
    severity: 'info',
    what: 'mlld 2.0 only lists modules under CC0',
    hint: 'Under another licence, users of mlld 2.0 import the module by its URL; newer clients do not mind.',
  },
  'metadata/url': {
    severity: 'error',
    what: 'repo, bugs and homepage are URLs',
    hint: 'For instance repo: https://github.com/alice/modules',
  },
  'metadata/keywords': {
    severity: 'error',
    what: 'At most 50 keywords of at most 50 characters',
    hint: 'Keep those that people would search for.',
  },
  'metadata/find': {
    severity: 'info',
    what: 'Keywords and a repository help people to find and trust a module',
    hint: 'Write keywords: [...] and repo: https://...',
  },
  'metadata/entry': {
    severity: 'error',
    what: 'The entry is a file of the module',
    hint: 'Write entry: with a file of the folder; index.mld is the default.',
  },
  'metadata/needs': {
    severity: 'warning',
    what: 'needs stands in the code, not in the frontmatter',
    hint: 'Move it: needs { sh, node: [pg] }',
  },
  'file/left-out': {
    severity: 'warning',
    what: 'Every file of the folder can be published',
    hint: 'Rename it with letters, digits and _ . @ + -, replace a link by a file, or start its name with a dot.',
  },
  'file/case': {
    severity: 'error',
    what: 'No two files are one on systems that ignore case',
    hint: 'Rename one of them.',
  },
  'file/size': {
    severity: 'warning',
    what: 'A module is small: its users fetch all of it',
    hint: 'Leave out what importers do not need: names that start with a dot are not published.',
  },
  'file/text': {
    severity: 'error',
    what: 'Sources are UTF-8',
    hint: 'Save the file as UTF-8.',
  },
  'file/hidden': {
    severity: 'error',
    what: 'No invisible or direction-changing characters: what people review is what runs',
    hint: 'Remove the character, or write it as an escape in a string.',
  },
  'code/syntax': {
    severity: 'error',
    what: 'The code is valid mlld',
    hint: 'See the place; docs/spec/language.md has the syntax.',
  },
  'code/exports': {
    severity: 'error',
    what: 'The module says what it exports, name by name',
    hint: 'Write export { @name, … }: only these names are promised to importers.',
  },
  'code/no-exports': {
    severity: 'error',
    what: 'The module exports something',
    hint: 'Write export { @name } for what others may use.',
  },
  'code/needs-missing': {
    severity: 'error',
    what: 'What the code runs is declared in needs { … }',
    hint: 'Declare it: users are asked once, and code that is not declared is refused.',
  },
  'code/needs-unused': {
    severity: 'warning',
    what: 'What needs { … } declares is used',
    hint: 'Remove it: users are asked for each need, and trust a module less for it.',
  },
  'import/ref': {
    severity: 'error',
    what: 'An import names a good module reference',
    hint: 'For instance import { @slug } from @alice/strings@^1.0.0',
  },
  'import/self': {
    severity: 'error',
    what: 'A module does not import itself',
    hint: 'Import the file by its path: ./lib.mld',
  },
  'import/two-versions': {
    severity: 'error',
    what: 'All files of a module import the same version of another',
    hint: 'Use one selector, or none and dependencies: in module.yml.',
  },
  'import/unknown': {
    severity: 'error',
    what: 'An imported module is in the registry, in a version that fits',
    hint: 'Check the name and the version.',
  },
  'import/unknown-export': {
    severity: 'error',
    what: 'An imported name is exported by the module',
    hint: 'Check the name, and which version has it.',
  },
  'import/file': {
    severity: 'error',
    what: 'An imported file is part of the module',
    hint: 'Check the path. A single-file module can import no file beside it: make it a folder with module.yml.',
  },
  'import/url': {
    severity: 'warning',
    what: 'Imports come from the registry, where they are pinned and signed',
    hint: 'What a URL gives can change under your users. Import a module of the registry.',
  },
  'import/unused': {
    severity: 'warning',
    what: 'dependencies: in the manifest are imported',
    hint: 'Remove it from dependencies:.',
  },
  'import/today': {
    severity: 'info',
    what: 'mlld 2.0 does not load further files of a folder module',
    hint: 'For users of mlld 2.0, keep all code in the entry file.',
  },
  'scan/threat': {
    severity: 'warning',
    what: 'The scanner finds nothing dangerous',
    hint: 'Look at the place: reviewers and users see the same. mlld scan --rules says what each rule looks for.',
  },
  'theme/source': {
    severity: 'error',
    what: 'The source of a theme is complete, and names only colours of its palette',
    hint: 'docs/spec/themes.md says what a source has.',
  },
  'theme/contrast': {
    severity: 'error',
    what: 'Every text of a theme has the contrast that the theme promises',
    hint: 'Take the proposed colour, or promise less: "contrast": "AA".',
  },
  'template/manifest': {
    severity: 'error',
    what: 'The manifest of a template is well formed',
    hint: 'docs/spec/templates.md says what template.yml has.',
  },
  'template/files': {
    severity: 'error',
    what: 'A template makes good files, whatever is answered',
    hint: 'Correct the place in the template; mlld create --dry-run shows what it makes.',
  },
  'docs/export': {
    severity: 'warning',
    what: 'Each export is documented',
    hint: 'Write a heading with its name and a sentence below, or a >> comment above it.',
  },
  'docs/example': {
    severity: 'info',
    what: 'The documentation has an example',
    hint: 'Show how it is used: an mlld fence, and what it prints in a fence below.',
  },
  'docs/example-fails': {
    severity: 'error',
    what: 'The examples of the documentation run, and print what it says',
    hint: 'Correct the example, or the code.',
  },
  'mcp/server': {
    severity: 'error',
    what: 'An MCP server is described well, and runs in the sandbox of its permissions',
    hint: 'See docs/guides/mcp.md; mlld mcp test shows what happens.',
  },
  'mcp/stale': {
    severity: 'error',
    what: 'mcp.json says what the server is and lists now',
    hint: 'Write it anew: mlld mcp test --write',
  },
  'mcp/test': {
    severity: 'error',
    what: 'The cases of mcp.test.json pass',
    hint: 'Run them with mlld mcp test.',
  },
  'mcp/not-run': {
    severity: 'warning',
    what: 'The server can be run here',
    hint: 'It needs a sandbox (docs/sandbox.md), and once its packages.',
  },
  'test/none': {
    severity: 'info',
    what: 'The module has tests',
    hint: 'Write var @test_something = … in <name>.test.mld: it passes if its value is true.',
  },
  'test/not-run': {
    severity: 'warning',
    what: 'Tests and examples can be run: what they import is at hand',
    hint: 'Name the registry that has the imported modules: --registry.',
  },
  'test/fails': {
    severity: 'error',
    what: "The module's tests pass",
    hint: 'Run them with mlld check.',
  },
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof rules;
