/**
 * Every rule of `mlld registry check`, in one table (docs/guides/running-a-registry.md shows it). An id is never renamed:
 * people silence and search by it.
 */

export type Severity = 'error' | 'warning' | 'info';
/** Whether a file can be read; whether what it says is true and allowed; whether it is good. */
export type Tier = 'schema' | 'meaning' | 'quality';

interface Rule {
  readonly tier: Tier;
  readonly severity: Severity;
  /** What the rule wants. */
  readonly what: string;
  /** How to mend it. */
  readonly hint: string;
}

export const rules = {
  'file/unknown': {
    tier: 'schema',
    severity: 'warning',
    what: 'Below modules/ and authors/ there are only the files that the layout names',
    hint: 'Remove the file, or move it out of modules/ and authors/.',
  },
  'file/special': {
    tier: 'schema',
    severity: 'error',
    what: 'Only regular files and folders: no symbolic links, devices or sockets',
    hint: 'Replace it by a regular file.',
  },
  'file/size': {
    tier: 'schema',
    severity: 'error',
    what: 'A statement has at most 60 KiB, a signature file at most 16 signatures of 16 KiB',
    hint: 'Make the file smaller: shorten its lists, or split the module.',
  },
  'registry/shape': {
    tier: 'schema',
    severity: 'error',
    what: 'registry.json is there and has its shape',
    hint: "Compare with what 'mlld registry init' writes.",
  },
  'metadata/shape': {
    tier: 'schema',
    severity: 'error',
    what: 'metadata.json has its shape',
    hint: 'It holds name, author, about, owners and maintainers.',
  },
  'tags/shape': {
    tier: 'schema',
    severity: 'error',
    what: 'tags.json maps tags to versions',
    hint: 'For instance {"latest": "1.2.0"}.',
  },
  'release/shape': {
    tier: 'schema',
    severity: 'error',
    what: 'A version file is a release statement, or a version record of the unsigned form',
    hint: "Let 'mlld publish' write it.",
  },
  'change/shape': {
    tier: 'schema',
    severity: 'error',
    what: 'A file in changes/ is a tag, yank or deprecate statement',
    hint: "Let 'mlld' write it: docs/spec/statements.md §9 has the shape.",
  },
  'keyset/shape': {
    tier: 'schema',
    severity: 'error',
    what: 'A file in keyset/ is a keyset statement',
    hint: "Let 'mlld publish' write it.",
  },
  'signature/shape': {
    tier: 'schema',
    severity: 'error',
    what: 'A .sig file holds signatures in the armour of ssh-keygen, and its statement is beside it',
    hint: "Make it with 'ssh-keygen -Y sign', or let 'mlld publish' do it.",
  },
  'name/path': {
    tier: 'meaning',
    severity: 'error',
    what: 'A file stands where its name, author, version or number says',
    hint: 'Move the file, or correct what it says.',
  },
  'name/good': {
    tier: 'schema',
    severity: 'error',
    what: 'Authors, modules and versions have good names',
    hint: 'Letters a-z, digits and single inner hyphens; versions have three numbers.',
  },
  'name/reserved': {
    tier: 'meaning',
    severity: 'error',
    what: 'The name is not reserved for the language or the registry',
    hint: 'Choose another name.',
  },
  'name/similar': {
    tier: 'quality',
    severity: 'warning',
    what: "A new name can't be mistaken for a module of somebody else",
    hint: 'Choose another name, or tell the reviewers why it must be this one.',
  },
  'registry/other': {
    tier: 'meaning',
    severity: 'error',
    what: 'A statement is for this registry',
    hint: "Publish again with '--registry' set to this registry.",
  },
  'release/digest': {
    tier: 'meaning',
    severity: 'error',
    what: 'The digest is the one of the list of files',
    hint: "Let 'mlld publish' compute it.",
  },
  'release/signature': {
    tier: 'meaning',
    severity: 'error',
    what: "A release or a change is signed by a key of its author's newest keyset",
    hint: 'Sign with a registered key, or publish a new keyset first.',
  },
  'release/unsigned': {
    tier: 'meaning',
    severity: 'error',
    what: 'An author who has a keyset signs every new version',
    hint: "Publish with 'mlld publish', which signs.",
  },
  'release/order': {
    tier: 'meaning',
    severity: 'error',
    what: 'A new version is above all others of its major version, and not dated before them',
    hint: 'Raise the version; releases are not added between existing ones.',
  },
  'release/immutable': {
    tier: 'meaning',
    severity: 'error',
    what: 'A published version, its signature, a keyset and a change stay as they are',
    hint: 'Publish a new version, or yank the old one.',
  },
  'source/shape': {
    tier: 'meaning',
    severity: 'error',
    what: 'Sources are base URLs of kinds that this registry allows, and name the files by their paths',
    hint: 'Use https URLs that end in the file name; file: only where registry.json says fileSources.',
  },
  'source/pinned': {
    tier: 'quality',
    severity: 'warning',
    what: 'A source on GitHub names a commit, a source of a gist its revision',
    hint: 'Use the raw URL with the 40 hex digits of the commit: a branch moves.',
  },
  'keyset/chain': {
    tier: 'meaning',
    severity: 'error',
    what: 'Keysets are numbered from 1 without gaps, and each is signed by the threshold of the one before',
    hint: 'Sign the new keyset with the old keys.',
  },
  'keyset/recovery': {
    tier: 'meaning',
    severity: 'error',
    what: 'A recovery of lost keys is by the newest policy and dated now; so is what cancels or follows it',
    hint: "Make it again with 'mlld keys recover', and send it the same day.",
  },
  'change/chain': {
    tier: 'meaning',
    severity: 'error',
    what: 'Changes are numbered from 1 without gaps and made by an owner',
    hint: 'Use the next free number, and sign as an owner.',
  },
  'policy/chain': {
    tier: 'meaning',
    severity: 'error',
    what: 'Policies are numbered from 1 without gaps, each signed by the root keys of the one before and by its own',
    hint: "See who is missing with 'mlld registry policy show', and sign with 'mlld registry policy sign'.",
  },
  'statement/valid': {
    tier: 'meaning',
    severity: 'error',
    what: 'A review, vote, star or advisory has its shape, stands where it says, and is signed by who says it',
    hint: "Let 'mlld' write and sign it; what does not pass is not logged.",
  },
  'statement/chain': {
    tier: 'meaning',
    severity: 'error',
    what: 'What one person says of one thing is numbered from 1 without gaps, and the newest number is signed by a key of today',
    hint: "Let 'mlld' number and sign it.",
  },
  'statement/subject': {
    tier: 'meaning',
    severity: 'error',
    what: 'What a statement is about is here: the module, the version with this digest, the author; nobody trusts or reviews themselves',
    hint: 'Name what is in this registry, with the digest that mlld info shows.',
  },
  'imported/shape': {
    tier: 'schema',
    severity: 'error',
    what: 'Below mcp/ stand servers that were taken over, each at the place that it names, as server.json wants it',
    hint: 'Take it over again: mlld registry import-mcp. A build leaves it out.',
  },
  'imported/origin': {
    tier: 'meaning',
    severity: 'warning',
    what: 'What changes below mcp/ is what the other registry says',
    hint: 'Run mlld registry import-mcp yourself and compare, or take it from nobody else.',
  },
  'catalog/shape': {
    tier: 'schema',
    severity: 'error',
    what: "The registry's own tags.json has its shape",
    hint: 'docs/spec/site.md §4 has it. Until then the site and the search know no aliases and no categories.',
  },
  'catalog/alias': {
    tier: 'meaning',
    severity: 'error',
    what: 'An alias is a keyword in its normal form, and leads in one step to a tag that is none',
    hint: 'Let each alias name the tag that is shown.',
  },
  'catalog/category': {
    tier: 'meaning',
    severity: 'error',
    what: 'Categories have names of their own, and tags that modules can have',
    hint: 'Name each tag once, as it is shown, and no alias.',
  },
  'catalog/module': {
    tier: 'meaning',
    severity: 'error',
    what: 'A collection names modules that are there, each once',
    hint: 'Correct the name, or take it out of the collection.',
  },
  'advisory/history': {
    tier: 'meaning',
    severity: 'error',
    what: 'A revision of an advisory is said by who may say it, goes forward, and is not dated back',
    hint: 'docs/spec/advisories.md §3 says who may say what. What breaks a rule is kept and counts for nothing.',
  },
  'advisory/id': {
    tier: 'meaning',
    severity: 'error',
    what: 'A new advisory has the next id of its year',
    hint: "Let 'mlld advisory submit' number it again: another one came first.",
  },
  'advisory/affected': {
    tier: 'quality',
    severity: 'warning',
    what: 'An advisory names modules, versions and exports that are there',
    hint: 'Compare with the index of the module; malware may be about what is gone.',
  },
  'tag/version': {
    tier: 'meaning',
    severity: 'error',
    what: 'Tags and yanks name versions that exist',
    hint: 'Name one of the versions that are there.',
  },
  'import/exists': {
    tier: 'meaning',
    severity: 'error',
    what: 'What a release imports exists in this registry, in a version that its range allows',
    hint: 'Publish the imported module first, or widen the range.',
  },
  'import/cycle': {
    tier: 'meaning',
    severity: 'error',
    what: 'No module imports itself, directly or by others',
    hint: 'Move what both need into a third module.',
  },
  'import/many': {
    tier: 'meaning',
    severity: 'error',
    what: 'A release needs at most 2000 others, directly or not',
    hint: 'Import less.',
  },
  'submission/owner': {
    tier: 'meaning',
    severity: 'error',
    what: 'Only owners change what is theirs',
    hint: 'Ask an owner, or become one by a pull request of theirs.',
  },
  'submission/one': {
    tier: 'meaning',
    severity: 'error',
    what: 'A pull request adds one version of one module',
    hint: 'Make a pull request for each version.',
  },
  'submission/add-only': {
    tier: 'meaning',
    severity: 'error',
    what: 'Nothing is taken away',
    hint: 'Put the file back. To withdraw a version, yank it.',
  },
  'scan/threat': {
    tier: 'quality',
    severity: 'warning',
    what: 'The scanner finds nothing dangerous in the code of a new release',
    hint: 'Look at the place with mlld scan. The scanner advises: people decide.',
  },
  'scan/capability': {
    tier: 'quality',
    severity: 'warning',
    what: 'A new version can do no more than the one before',
    hint: 'Ask whether it has to: users are asked the same when they update.',
  },
  'scan/source': {
    tier: 'quality',
    severity: 'warning',
    what: 'The bytes of a new release are at a source, and are those of the release',
    hint: 'See whether a source answers; with other bytes than were signed nobody can use the release.',
  },
  'licence/known': {
    tier: 'quality',
    severity: 'warning',
    what: "The licence is CC0: today's mlld reads no other",
    hint: 'Use CC0. A module under another licence is left out of modules.json.',
  },
  'about/text': {
    tier: 'quality',
    severity: 'warning',
    what: 'about says in a line what the module is for',
    hint: 'Write one sentence of 10 to 300 characters.',
  },
  'keywords/some': {
    tier: 'quality',
    severity: 'info',
    what: 'Some keywords help to find the module',
    hint: 'Add two to ten keywords.',
  },
  'exports/documented': {
    tier: 'quality',
    severity: 'info',
    what: 'Each export is documented',
    hint: 'Write a line about each export in the module.',
  },
  'repo/link': {
    tier: 'quality',
    severity: 'info',
    what: 'repo links to where the module is developed',
    hint: 'Add repo to the metadata.',
  },
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof rules;
