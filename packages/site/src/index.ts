/**
 * Distribution → web site (docs/spec/site.md): pages, feeds, badges and pictures as plain files.
 *
 * - `writeSite`: what there is to write, all of it or what a change reaches
 * - `readAssets`: the styles and scripts that `scripts/build.mjs` made
 * - `canonicalTags`, `parseTagCatalog`: keywords as tags
 */

export { isDoubtful } from './model/doubtful.ts';
export { viewOfAll, viewOfInstalls } from './model/installs.ts';
export { canonicalTags, emptyTagCatalog, parseTagCatalog } from './model/tags.ts';
export type {
  AdvisoryView,
  CapabilityView,
  CollectionView,
  DocumentView,
  ExportView,
  InstallsView,
  McpView,
  ModuleRow,
  ModuleView,
  QualityView,
  RegistryView,
  ReviewView,
  SourceFile,
  TagCatalog,
  TemplateView,
  ThemeView,
  TrustView,
  VersionLine,
} from './model/view.ts';
export type { AuthorData } from './pages/lists.tsx';
export { slugOf } from './text/format.ts';
export { type Assets, readAssets } from './write/assets.ts';
export { type LiveSite, liveSite, pageFile } from './write/live.ts';
export { blockOf, pageLimits } from './write/plan.ts';
export { type SitePlan, writeSite } from './write/site.ts';
export type { SiteFile, SiteSource } from './write/source.ts';
