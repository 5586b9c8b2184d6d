/** What a program calls itself, and what that makes of a request (docs/spec/statistics.md §2.4). */

export type AgentKind = 'people' | 'ci' | 'robots';

/** Said by mlld itself in a CI (`mlld (ci)`), by others somewhere in their name. */
const ci =
  /\(ci\)|\bci\/|github-actions|gitlab-(?:runner|ci)|circleci|travis|jenkins|buildkite|teamcity|azure-pipelines|bitbucket-pipelines|woodpecker|codebuild|drone[-/]/;

const robot =
  /bot\b|bot[-/_;]|crawl|spider|slurp|archiver|scrape|scanner|\bscan\b|monitor|uptime|pingdom|statuscake|preview|facebookexternalhit|lighthouse|headless|feed|mirror|censys|shodan|zgrab|masscan|nuclei|semrush|ahrefs|\bgpt|claude-web|anthropic-ai|perplexity|ccbot|bytespider|wget\/.*recurs|httrack/;

/** Browsers show pages: what they load to show or to verify a module installs nothing. */
const browser = /^mozilla\/|^opera\//;

/** Undefined for a browser. The agent is a header of a stranger: only looked at, up to 512 characters. */
export function kindOfAgent(agent: string): AgentKind | undefined {
  const name = agent.slice(0, 512).toLowerCase();
  if (name.trim() === '' || name === '-' || robot.test(name)) return 'robots';
  if (browser.test(name)) return undefined;
  return ci.test(name) ? 'ci' : 'people';
}
