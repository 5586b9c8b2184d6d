export {
  type ContrastFinding,
  type ContrastSummary,
  checkContrast,
  contrastMessage,
  summarise,
} from './check.ts';
export { type Colour, contrast } from './colour.ts';
export { type InstallPlan, install, installed, planInstall, uninstall } from './install/install.ts';
export { type Machine, places } from './install/places.ts';
export { previewHtml, previewSvg, previewTerminal, variantCss } from './preview/render.ts';
export { sample } from './preview/sample.ts';
export { linesOf, type PreviewToken, tokensOf } from './preview/tokens.ts';
export { starter } from './source/new.ts';
export { parseTheme, slugOf, type ThemeSource } from './source/read.ts';
export { type Variant, variantsOf } from './source/resolve.ts';
export { buildTheme, targets } from './targets/list.ts';
export type { TargetFile, ThemeInfo } from './targets/target.ts';
