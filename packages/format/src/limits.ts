/** Every limit of the project, with its unit. A limit is checked before the bytes are held, not after. */
export const limits = {
  /** Characters of an author's name (a GitHub login has at most 39). */
  authorChars: 39,
  /** Characters of a module's name; also fits a DNS label (RFC 1035 §2.3.4: 63 octets) with one to spare for none. */
  nameChars: 63,
  /** Characters of a version: one path segment. */
  versionChars: 64,
  /** Characters of a tag. */
  tagChars: 32,
  /** Characters of a range, or of any other selector. */
  rangeChars: 200,
  /** Characters of a file path inside a module, and of one of its segments. */
  pathChars: 200,
  pathSegmentChars: 100,
  /** Bytes of one statement; a log leaf of at most 65,535 bytes holds it (C2SP tlog-tiles). */
  statementBytes: 60 * 1024,
  /** Bytes of one signature in SSHSIG armour, and how many a statement may carry. */
  signatureBytes: 16 * 1024,
  signaturesPerStatement: 16,
  /** Bits of an RSA key's modulus: what is refused as weak, and as too slow to check. */
  rsaBitsLeast: 3072,
  rsaBitsMost: 16_384,
  /** Signed notes (C2SP signed-note): bytes of one, and signatures that it may carry. */
  noteBytes: 256 * 1024,
  /** Bytes of `head`: a checkpoint with its cosignatures, a snapshot and one proof. */
  headBytes: 512 * 1024,
  noteSignatures: 100,
  /** Bytes of a request for a cosignature (C2SP tlog-witness): a proof of 63 hashes and a note. */
  addCheckpointBytes: 256 * 1024 + 4096,
  /** Milliseconds until a witness has to have answered; tries where others write at the same moment. */
  witnessMs: 15_000,
  witnessAttempts: 4,
  /** Bytes of one entry of the log: its length is a uint16 (C2SP tlog-tiles). */
  logEntryBytes: 65_535,
  /** Bytes of a log policy (C2SP tlog-policy), and how many logs, witnesses and groups it may have each. */
  logPolicyBytes: 64 * 1024,
  logPolicyNames: 100,
  /** Keys in a keyset, and statements in the chain of keysets that a client walks. */
  keysPerKeyset: 32,
  keysetChain: 1000,
  /** Policies in a registry's chain. */
  policyChain: 1000,
  /** Characters of a review, a vote, a report. */
  reviewChars: 20_000,
  /** Bytes of what people say about one module, and of whom one person trusts; reviews and stars that the former lists. */
  communityBytes: 4 * 1024 * 1024,
  trustsBytes: 4 * 1024 * 1024,
  reviewsListed: 500,
  starsListed: 1000,
  /** People whom one person trusts or distrusts, and people that one walk of the trust graph hears. */
  trustsPerPerson: 2000,
  /** Modules of one collection, collections that a distribution lists, and bytes of that list. */
  modulesPerCollection: 100,
  collectionsListed: 1000,
  collectionsBytes: 16 * 1024 * 1024,
  trustWalkPeople: 4096,
  /** Advisories: hours that the community has before one is published, days that an embargo may last at most. */
  advisoryReviewHours: 72,
  advisoryEmbargoDays: 90,
  /** Bytes of the index of advisories, and days after which a client calls its copy old. */
  advisoryIndexBytes: 64 * 1024 * 1024,
  advisoryOldDays: 7,
  /** Bytes of one file of a module, of a whole module, and how many files it may have. */
  fileBytes: 4 * 1024 * 1024,
  moduleBytes: 16 * 1024 * 1024,
  filesPerModule: 500,
  /** Dependencies that one release declares, and entries of a flattened closure. */
  importsPerRelease: 200,
  closureEntries: 2000,
  /** Modules of one program, and dependencies that its configuration may name. */
  programModules: 10_000,
  /** Sources that one release names. */
  sourcesPerRelease: 16,
  /** Bytes of an index file, of registry.json, of a proof bundle. */
  indexBytes: 8 * 1024 * 1024,
  registryJsonBytes: 64 * 1024,
  proofBytes: 1024 * 1024,
  /** Changes (tag, yank, deprecate) that one module may have. */
  changesPerModule: 10_000,
  /** When a registry is built: requests to one host of sources at once, and tries after failures of the network. */
  sourceRequestsPerHost: 6,
  sourceAttempts: 3,
  /** Bytes of one file of a distribution: modules.json and the zone grow with the registry. */
  distributionFileBytes: 1024 * 1024 * 1024,
  /** Bytes of the list of all names; a longer one is kept in shards. */
  namesBytes: 1024 * 1024,
  /** Bytes of a lock file and of a configuration file. */
  lockBytes: 64 * 1024 * 1024,
  configBytes: 1024 * 1024,
  /** Bytes of a server.json, of the `mcp.json` beside it, and of all that an MCP server lists. */
  mcpServerJsonBytes: 256 * 1024,
  mcpManifestBytes: 4 * 1024 * 1024,
  mcpListingBytes: 3 * 1024 * 1024,
  /** Tools, prompts, resources and templates that an MCP server lists, of each, and pages that it lists them in. */
  mcpDefinitions: 2000,
  mcpPages: 64,
  /** Packages in the closure of an MCP server, bytes of one tarball or bundle, of all it unpacks to, and how many files that has. */
  mcpPackages: 2000,
  mcpTarballBytes: 64 * 1024 * 1024,
  mcpArtefactBytes: 512 * 1024 * 1024,
  mcpArtefactFiles: 50_000,
  /** Bytes of one message of an MCP server. */
  mcpMessageBytes: 16 * 1024 * 1024,
  /** Milliseconds until an MCP server has to have started, and until a call has to be answered when nobody says otherwise. */
  mcpStartMs: 30_000,
  mcpCallMs: 60_000,
  /** Calls to one MCP server at the same time. */
  mcpCalls: 32,
  /** Servers of ours that speak MCP: calls at the same time, characters of one text in an answer, bytes of one request. */
  mcpServedCalls: 16,
  mcpServedTextChars: 64 * 1024,
  mcpServedBodyBytes: 4 * 1024 * 1024,
  /** Modules named in one call, and tools that one module is offered as. */
  mcpServedRefs: 50,
  mcpServedTools: 200,
  /** Answers of `/v0.1`: servers on a page when nobody says, and at most; servers of a shard of the list, on average at most. */
  mcpPageServers: 30,
  mcpPageMostServers: 100,
  mcpShardServers: 64,
  /** Bytes of a shard of the list, and servers that a host of files answers at once. */
  mcpShardBytes: 64 * 1024 * 1024,
  mcpStaticServers: 1000,
  /** Servers taken over from another registry: of one run, versions of one server, pages asked for, bytes of one page. */
  mcpImportServers: 200_000,
  mcpImportVersions: 2000,
  mcpImportPages: 10_000,
  mcpImportPageBytes: 16 * 1024 * 1024,
  /** Milliseconds between two requests to another registry's API. */
  mcpImportPauseMs: 250,
  /** Bytes of a configuration file of an MCP client. */
  mcpClientConfigBytes: 4 * 1024 * 1024,
  /** Nesting of JSON values. */
  jsonDepth: 64,
  /** Octets of one string of a TXT record (RFC 1035 §3.3), and of all of one record. */
  dnsStringBytes: 255,
  dnsRecordBytes: 4096,
  /** Characters of texts that people write. */
  aboutChars: 300,
  keywordChars: 50,
  keywords: 50,
  /** Milliseconds: the first byte of an answer, the whole of an answer, one DNS question. */
  firstByteMs: 10_000,
  answerMs: 60_000,
  dnsMs: 2_000,
  /** Milliseconds: the longest that somebody who is busy is heard to ask for. */
  retryAfterMs: 24 * 60 * 60 * 1000,
  /** Milliseconds after which the next source is asked as well, when the one before has not answered. */
  hedgeMs: 300,
  /** Redirects that one download follows. */
  redirects: 5,
  /** Bytes a second that an answer must come with, on average, once it has taken this many milliseconds. */
  leastBytesPerSecond: 1024,
  slowAfterMs: 5_000,
  /** Bytes that a client fetches ahead of knowing that it needs them. */
  aheadBytes: 32 * 1024 * 1024,
  /** Milliseconds: how long to wait for another process's lock file, and when its holder counts as dead. */
  lockWaitMs: 15_000,
  lockStaleMs: 5_000,
  /** Projects that a cache remembers, so that their modules are kept. */
  projects: 1000,
  /** Downloads at the same time, in all and from one host. */
  downloads: 64,
  downloadsPerHost: 32,
  /** Statistics: bytes of one day's counts, of one line of an access log, and pairs of address and version of one open day. */
  statisticsBytes: 64 * 1024 * 1024,
  logLineBytes: 64 * 1024,
  statisticsPairs: 2_000_000,
  /** Search: bytes of the manifest or of what changed since, of all files of a base in one, and milliseconds that a copy is used unasked. */
  searchFileBytes: 16 * 1024 * 1024,
  searchPackBytes: 256 * 1024 * 1024,
  searchFreshMs: 10 * 60 * 1000,
  /** Files of a static embedding model; its dimensions and its terms. */
  embeddingBytes: 512 * 1024 * 1024,
  tokenizerBytes: 64 * 1024 * 1024,
  embeddingDims: 1024,
  embeddingTerms: 500_000,
  /**
   * Texts in one request to an embedding endpoint, bytes of its answer, milliseconds until it has to come, attempts, and milliseconds
   * that it may want between them.
   */
  embeddingBatch: 64,
  embeddingAnswerBytes: 32 * 1024 * 1024,
  embeddingMs: 30_000,
  embeddingAttempts: 4,
  embeddingWaitMs: 30_000,
  /** HTTP server: characters of a request's target, bytes of all its headers, bytes of a request's body. */
  httpTargetChars: 2048,
  httpHeaderBytes: 16 * 1024,
  httpBodyBytes: 64 * 1024,
  /** HTTP server: bytes up to which a file is held in memory, bytes of all held files, and how many are known. */
  httpHeldFileBytes: 1024 * 1024,
  httpHeldBytes: 64 * 1024 * 1024,
  httpKnownFiles: 20_000,
  /** HTTP server: connections at the same time, and streams of one HTTP/2 connection. */
  httpConnections: 4096,
  httpStreams: 256,
  /** HTTP server, milliseconds: until a request's headers are there, an idle connection, finishing at the end. */
  httpHeadersMs: 10_000,
  httpIdleMs: 30_000,
  httpDrainMs: 3_000,
  /** Octets of a zone file, and how many records it may have. */
  zoneBytes: 256 * 1024 * 1024,
  zoneRecords: 2_000_000,
  /** Name server: octets of a question, and of an answer over UDP (the size that no path fragments: RFC 9715 §3). */
  dnsQueryBytes: 4096,
  dnsUdpBytes: 1232,
  /** Name server: TCP connections at the same time, and milliseconds until an idle one is closed. */
  dnsConnections: 512,
  dnsIdleMs: 10_000,
  /** Name server: UDP answers a second to one network (IPv4 /24, IPv6 /56) before it is sent to TCP. */
  dnsAnswersPerSecond: 200,
  /** Questions in flight at the same time when a name server is compared with a zone. */
  dnsQuestions: 32,
} as const;
