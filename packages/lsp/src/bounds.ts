/** Bounds of the language server, so that no document makes an editor wait. */
export const bounds = {
  /** UTF-16 units of a document that is read; a longer one gets one remark and nothing else. */
  documentLength: 2 * 1024 * 1024,
  /** Milliseconds without a change after which a document is looked at. */
  quietMs: 120,
  /** Findings shown of one document. */
  findings: 200,
  /** UTF-16 units before the cursor in which a call is looked for. */
  callLength: 4000,
  /** Modules offered at a time; the list is asked for anew with each letter when there are more. */
  completions: 200,
  /** Modules kept read. */
  modules: 64,
  /** Modules between an export and where it is defined. */
  hops: 16,
} as const;
