/** Node's own permission model, as a second layer around code for Node: it stops what a sandbox's walls still let through. */

export interface NodePermissions {
  /** Whether the code may start programs. */
  readonly programs: boolean;
  /** Whether the sandbox has hosts. */
  readonly network: boolean;
  /** Folders that it may write to. */
  readonly writable: readonly string[];
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** The flags of the Node that runs this, to stand right behind `node`. */
export function nodePermissionFlags({ programs, network, writable }: NodePermissions): string[] {
  const isStable = major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13);
  return [
    isStable ? '--permission' : '--experimental-permission',
    '--disable-warning=ExperimentalWarning',
    // What the sandbox does not show is not there to be read.
    '--allow-fs-read=*',
    ...writable.map((folder) => `--allow-fs-write=${folder}/*`),
    ...(programs ? ['--allow-child-process'] : []),
    ...(network && major >= 25 ? ['--allow-net'] : []),
  ];
}
