export { compareZone, type DnsServer, type RecordDifference, type ZoneComparison } from './dns/compare.ts';
export {
  type DnsService,
  defaultDnsPort,
  type QuerySeen,
  type ServeDnsOptions,
  serveDns,
} from './dns/serve.ts';
export { makeZone, type Zone, type ZoneRecord } from './dns/zone.ts';
export { parseZone } from './dns/zone-file.ts';
export { contentType } from './http/content-type.ts';
export { pageHeaders } from './http/file-reply.ts';
export type { TlsFiles } from './http/listener.ts';
export {
  defaultHttpPort,
  type HttpService,
  type RequestSeen,
  type ServeOptions,
  serveDistribution,
} from './http/serve.ts';
