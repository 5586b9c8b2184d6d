import type { AreaAt, CodeArea } from './areas.ts';
import type { ThreatId, ThreatSeverity } from './rules.ts';

/** What a rule found, before it has a place. */
export interface Hit {
  readonly rule: ThreatId;
  readonly at: number;
  readonly message: string;
  /** Where this case is less grave than its rule. */
  readonly severity?: ThreatSeverity;
}

/** What every group of rules looks at. */
export interface Scanned {
  readonly text: string;
  readonly areaAt: AreaAt;
  /** Embedded code; of a file in another language, all of it. */
  readonly code: readonly CodeArea[];
  /** Whether any code or address in the source uses the network. */
  readonly network: boolean;
}
