/** Shows a URL in the user's browser, without a shell: the URL is one argument, whatever stands in it. */
import { spawn } from 'node:child_process';

type Env = Readonly<Record<string, string | undefined>>;

/** The program that opens URLs here; undefined where there is no screen. */
export function openerFor(
  platform: NodeJS.Platform,
  env: Env,
): readonly [program: string, ...args: string[]] | undefined {
  if (env.BROWSER !== undefined && env.BROWSER !== '') return [env.BROWSER];
  if (platform === 'darwin') return ['open'];
  // `start` is a command of the shell, whose quoting no URL survives; this is a program.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  const hasScreen = Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY) || Boolean(env.WSL_DISTRO_NAME);
  return hasScreen ? ['xdg-open'] : undefined;
}

/** @returns whether a program was started; it goes on by itself. */
export function openUrl(url: string, env: Env): Promise<boolean> {
  const opener = openerFor(process.platform, env);
  const { protocol } = new URL(url);
  if (opener === undefined || !['http:', 'https:', 'file:'].includes(protocol)) return Promise.resolve(false);
  const [program, ...args] = opener;
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore', env });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
