import { checkContrast, contrastMessage, summarise, variantsOf } from '@mlld/theme';
import { clientFlags, defineCommand } from '../../command.ts';
import { openTheme } from './source.ts';

export const command = defineCommand({
  args: [{ name: 'theme', optional: true }],
  flags: clientFlags,
  details: `
Measures the contrast of every text of a theme against what it stands on (WCAG 2.2), and proposes colours that would do. Ends with 1 if
any is below what the theme promises: AA (4.5) or AAA (7).`,
  async run(context) {
    const { flags, report } = context;
    const { theme } = await openTheme(context);
    const findings = checkContrast(theme);
    const variants = variantsOf(theme).map(summarise);
    if (flags.json)
      report.json({
        theme: theme.name,
        target: theme.contrast,
        ok: findings.length === 0,
        variants,
        findings,
      });
    else {
      for (const one of findings) report.print(contrastMessage(one));
      for (const { variant, least, level } of variants)
        report.print(
          `${variant}: ${level}, the least contrast of any text is ${least} (promised: ${theme.contrast})`,
        );
    }
    return findings.length === 0 ? 0 : 1;
  },
});
