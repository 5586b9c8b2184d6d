/**
 * Every threat rule of the scanner, in one table (docs/spec/scan.md §4 shows it). An id is never renamed. Findings advise:
 * none of them, and no lack of them, turns a gate to pass.
 */

/** `note`: nothing to do, but worth knowing. `--strict` fails on medium and high. */
export type ThreatSeverity = 'high' | 'medium' | 'low' | 'note';

interface ThreatRule {
  /** Where several apply, the highest that it can have. */
  readonly severity: ThreatSeverity;
  /** What is looked for. */
  readonly what: string;
  /** What harm it can do. */
  readonly why: string;
}

export const threatRules = {
  'secret/private-key': {
    severity: 'high',
    what: 'a private key in PEM or OpenSSH form',
    why: 'everyone who reads the module has the key; it must be revoked',
  },
  'secret/token': {
    severity: 'high',
    what: 'a token of a known shape (AWS, GitHub, GitLab, Google, OpenAI, Anthropic, Slack, Stripe, npm)',
    why: 'everyone who reads the module can use it; it must be revoked',
  },
  'exfiltration/pipe': {
    severity: 'high',
    what: 'the environment or a file that holds secrets goes into a network program',
    why: "it sends the user's secrets away",
  },
  'exfiltration/upload': {
    severity: 'medium',
    what: 'a network program that sends a file or its standard input',
    why: 'what it sends leaves the machine; see which file it is',
  },
  'exfiltration/environment': {
    severity: 'high',
    what: 'code that takes all variables of the environment, not one by name',
    why: 'tokens of other programs are among them; with network use in the same source they can be sent away',
  },
  'exfiltration/secret-file': {
    severity: 'high',
    what: 'code that names a file in which secrets are kept (~/.ssh, .aws/credentials, .netrc, …)',
    why: 'no module needs them by path; with network use in the same source they can be sent away',
  },
  'obfuscation/eval': {
    severity: 'medium',
    what: 'a text that is run as code (eval, Function, exec)',
    why: 'what runs is not what people reviewed',
  },
  'obfuscation/encoded-run': {
    severity: 'high',
    what: 'a text that is decoded and then run',
    why: 'what runs was hidden from review',
  },
  'obfuscation/long-encoded': {
    severity: 'medium',
    what: '512 or more characters of base64 or hexadecimal digits',
    why: 'nobody can review what it holds',
  },
  'obfuscation/char-codes': {
    severity: 'medium',
    what: 'a text that is built from eight or more character codes',
    why: 'it hides the text from readers and searches',
  },
  'download/run': {
    severity: 'high',
    what: 'a download that is run (from curl into sh, and its kin)',
    why: 'what runs is in no hash of the module and can change at any time',
  },
  'unicode/bidi': {
    severity: 'high',
    what: 'characters that change the direction of text',
    why: 'what people read is not what runs (CVE-2021-42574)',
  },
  'unicode/invisible': {
    severity: 'high',
    what: 'characters that are not seen',
    why: 'names and texts that look the same are not the same',
  },
  'unicode/tag': {
    severity: 'high',
    what: 'tag characters',
    why: 'they spell text that no person sees and a language model reads',
  },
  'unicode/variation': {
    severity: 'high',
    what: 'variation selectors outside of emoji',
    why: 'they can carry hidden bytes',
  },
  'prompt/override': {
    severity: 'medium',
    what: 'words that tell a language model to ignore what it was told',
    why: 'a model that reads the text may obey it and not the user',
  },
  'prompt/conceal': {
    severity: 'medium',
    what: 'words that tell a language model to hide something from the user',
    why: 'a model that reads the text may obey it and not the user',
  },
  'prompt/secrets': {
    severity: 'medium',
    what: 'words that ask a language model to hand over secrets or files',
    why: 'a model with tools may do it',
  },
  'prompt/markup': {
    severity: 'low',
    what: 'markup that imitates the frame of a conversation (<system>, <IMPORTANT>, [INST], …)',
    why: 'a model may take what is in it for an order of its operator',
  },
} as const satisfies Record<string, ThreatRule>;

export type ThreatId = keyof typeof threatRules;
