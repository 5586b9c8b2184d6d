import { defineCommand } from '../../command.ts';
import { command as newModule } from '../new.ts';

export const command = defineCommand({
  ...newModule,
  args: newModule.args.slice(1),
  details: `
Starts a theme: a folder (default: the name) with one source, theme.json, that passes mlld check.

  mlld theme new harbour --author alice`,
  run: (context) => newModule.run({ ...context, args: ['theme', ...context.args] } as never),
});
