/** What a hostile module tries, in each language. It prints GOT if it got what it wanted; some things are seen from outside. */

export type Runner = 'js' | 'wasm' | 'node' | 'py' | 'sh' | 'cmd';

export interface Place {
  readonly token: string;
  /** Holds `secret.txt`, `home/.ssh/id_ed25519`, and a socket. */
  readonly folder: string;
  readonly tcp: number;
  readonly udp: number;
  /** Name of a socket in the abstract name space. */
  readonly abstract: string;
  /** A process of the user's, with the token in its environment. */
  readonly victim: number;
}

export interface Attempt {
  readonly what: string;
  /** Not to be tried without a sandbox. */
  readonly isHarmful?: true;
  /** What it does shows in what it prints alone: all runners can try at once. */
  readonly isAlone?: true;
  readonly milliseconds?: number;
  /** Milliseconds until what it did can be seen from outside. */
  readonly settles?: number;
  /** The function of packages/lang/testdata/wasm/hostile.c that tries it. There is no other way to ask for it. */
  readonly wasm?: string;
  readonly code: (place: Place) => Readonly<Record<'js' | 'node' | 'py' | 'sh', string>>;
}

/** JavaScript that needs a module of Node's has none in `js`: the same text is tried there. */
function node(text: string): { js: string; node: string } {
  return { js: text, node: text };
}

function reading(file: (place: Place) => string): Attempt['code'] {
  return (place) => ({
    ...node(
      `return require('fs').readFileSync('${file(place)}', 'utf8').includes('${place.token}') ? 'GOT' : 'no';`,
    ),
    py: `print('GOT' if '${place.token}' in open('${file(place)}').read() else 'no')`,
    sh: `grep -q ${place.token} ${file(place)} && echo GOT`,
  });
}

const connecting = (to: string, python: string) => ({
  ...node(
    `await new Promise((resolve) => require('net').connect(${to}).on('connect', resolve).on('error', resolve)); return 'done';`,
  ),
  py: `import socket\ns = socket.socket(${python.startsWith('(') ? 'socket.AF_INET' : 'socket.AF_UNIX'})\ns.connect(${python})\nprint('done')`,
});

export const attempts: readonly Attempt[] = [
  {
    what: 'read a file outside of the project',
    wasm: 'reads',
    code: reading(({ folder }) => `${folder}/secret.txt`),
  },
  { what: 'read the home folder', code: reading(({ folder }) => `${folder}/home/.ssh/id_ed25519`) },
  {
    what: 'read the table of passwords',
    code: () => reading(() => '/etc/shadow')({ token: 'root' } as Place),
  },
  {
    what: 'read a secret of the environment',
    wasm: 'environment',
    code: ({ token }) => ({
      ...node(`return process.env.PROBE_SECRET === '${token}' ? 'GOT' : 'no';`),
      py: `import os\nprint('GOT' if os.environ.get('PROBE_SECRET') == '${token}' else 'no')`,
      sh: `[ "$PROBE_SECRET" = ${token} ] && echo GOT`,
    }),
  },
  {
    what: 'write outside of its own folder',
    code: ({ folder }) => ({
      ...node(`require('fs').writeFileSync('${folder}/written', 'x'); return 'done';`),
      py: `open('${folder}/written', 'w').write('x')`,
      sh: `echo x > ${folder}/written`,
    }),
  },
  {
    what: 'follow a symbolic link out',
    code: ({ folder, token }) => ({
      ...node(
        `const fs = require('fs'); const link = fs.mkdtempSync('/tmp/probe-') + '/l'; fs.symlinkSync('${folder}/secret.txt', link); return fs.readFileSync(link, 'utf8').includes('${token}') ? 'GOT' : 'no';`,
      ),
      py: `import os, tempfile\nlink = tempfile.mkdtemp() + '/l'\nos.symlink('${folder}/secret.txt', link)\nprint('GOT' if '${token}' in open(link).read() else 'no')`,
      sh: `d=$(mktemp -d); ln -s ${folder}/secret.txt "$d/l"; grep -q ${token} "$d/l" && echo GOT; rm -r "$d"`,
    }),
  },
  {
    what: 'look into other processes by /proc',
    code: ({ token, folder, victim }) => ({
      ...node(
        `const fs = require('fs'); const at = (file) => { try { return fs.readFileSync(file, 'latin1').includes('${token}'); } catch { return false; } }; return [${victim}, ...fs.readdirSync('/proc')].some((pid) => at('/proc/' + pid + '/environ') || at('/proc/' + pid + '/root${folder}/secret.txt')) ? 'GOT' : 'no';`,
      ),
      py: `import glob\nfor file in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/root${folder}/secret.txt'):\n  try:\n    if b'${token}' in open(file, 'rb').read(): print('GOT')\n  except OSError: pass`,
      sh: `for p in /proc/[0-9]*; do grep -qa '[${token[0]}]${token.slice(1)}' $p/environ $p/root${folder}/secret.txt 2>/dev/null && echo GOT && break; done; true`,
    }),
  },
  {
    what: 'change the kernel by /proc/sys',
    code: () => ({
      ...node(
        `require('fs').closeSync(require('fs').openSync('/proc/sys/kernel/core_pattern', 'r+')); return 'GOT';`,
      ),
      py: `open('/proc/sys/kernel/core_pattern', 'r+b').close()\nprint('GOT')`,
      sh: '(exec 3>>/proc/sys/kernel/core_pattern) && echo GOT',
    }),
  },
  {
    what: 'end a process of the user',
    settles: 300,
    code: ({ victim }) => ({
      ...node(`process.kill(${victim}, 'SIGKILL'); return 'done';`),
      py: `import os\nos.kill(${victim}, 9)`,
      sh: `kill -9 ${victim}`,
    }),
  },
  {
    what: 'start another program',
    code: () => ({
      ...node(`return require('child_process').execSync('hostname').toString();`),
      py: `import subprocess\nprint(subprocess.check_output(['hostname']).decode())`,
      sh: 'hostname',
    }),
  },
  {
    what: 'ask a name server',
    code: ({ udp }) => ({
      ...node(
        `const s = require('dgram').createSocket('udp4'); await new Promise((resolve) => s.on('error', resolve).send('question', ${udp}, '127.0.0.1', resolve)); return 'done';`,
      ),
      py: `import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'question', ('127.0.0.1', ${udp}))`,
      sh: `echo question > /dev/udp/127.0.0.1/${udp}`,
    }),
  },
  {
    what: 'connect by TCP',
    wasm: 'connects',
    code: ({ tcp }) => ({
      ...connecting(`${tcp}, '127.0.0.1'`, `('127.0.0.1', ${tcp})`),
      sh: `exec 3<>/dev/tcp/127.0.0.1/${tcp}`,
    }),
  },
  {
    what: 'connect to a socket of a service',
    code: ({ folder }) => {
      const code = connecting(`'${folder}/socket'`, `'${folder}/socket'`);
      return { ...code, sh: `python3 -c "${code.py.replaceAll('\n', ';')}"` };
    },
  },
  {
    what: 'connect to a socket without a file',
    code: ({ abstract }) => {
      const name = `b'\\0${abstract}'`;
      const exact = connecting(`'\\0${abstract}'`, name);
      // Node up to 22 fills the name up with zeros, later ones do not.
      const py = `import socket\nprint(min(socket.socket(socket.AF_UNIX).connect_ex(a) for a in (${name}, ${name}.ljust(108, b'\\0'))) or 'done')`;
      return { ...exact, py, sh: `python3 -c "${py.replaceAll('\n', ';')}"` };
    },
  },
  {
    what: 'start 1,000 processes',
    isHarmful: true,
    isAlone: true,
    milliseconds: 4000,
    code: () => ({
      ...node(
        `const { spawn } = require('child_process'); let n = 0; for (let i = 0; i < 1000; i++) if (spawn('sleep', ['3']).on('error', () => {}).pid) n++; return n === 1000 ? 'GOT' : 'no';`,
      ),
      py: `import subprocess\nall = [subprocess.Popen(['sleep', '3']) for i in range(1000)]\nprint('GOT')`,
      sh: 'for i in $(seq 1000); do sleep 3 & done; echo GOT',
    }),
  },
  {
    what: 'fill 1.5 GiB of memory',
    wasm: 'grows',
    isHarmful: true,
    isAlone: true,
    code: () => ({
      js: `const all = []; for (let i = 0; i < 1536; i++) all.push(new Uint8Array(1048576).fill(1)); return 'GOT';`,
      node: `const all = []; for (let i = 0; i < 1536; i++) all.push(Buffer.alloc(1048576, 1)); return 'GOT';`,
      py: `all = bytearray(b'x') * 1610612736\nprint('GOT')`,
      sh: `[ "$(head -c 1610612736 /dev/zero | tail -c 1610612736 | wc -c)" = 1610612736 ] && echo GOT`,
    }),
  },
  {
    what: 'fill 1 GiB of disk',
    isHarmful: true,
    isAlone: true,
    code: () => ({
      ...node(
        `const fs = require('fs'); for (let f = 0; f < 8; f++) for (let i = 0; i < 128; i++) fs.appendFileSync('/tmp/fill' + f, Buffer.alloc(1048576, 1)); return 'GOT';`,
      ),
      py: `for f in range(8):\n  with open('/tmp/fill%d' % f, 'wb') as file:\n    for i in range(128): file.write(b'x' * 1048576)\nprint('GOT')`,
      sh: 'for f in 1 2 3 4 5 6 7 8; do head -c 134217728 /dev/zero > /tmp/fill$f || exit 1; done; echo GOT',
    }),
  },
  {
    what: 'run for ever',
    wasm: 'spins',
    isAlone: true,
    milliseconds: 1000,
    code: () => ({ ...node('for (;;) {}'), py: 'while True: pass', sh: 'while :; do :; done' }),
  },
  {
    what: 'print without end',
    wasm: 'floods',
    isAlone: true,
    milliseconds: 10_000,
    code: () => ({
      js: `for (;;) console.log('x'.repeat(100000));`,
      node: `for (;;) require('fs').writeSync(1, 'x'.repeat(100000));`,
      py: `while True: print('x' * 100000)`,
      sh: 'yes',
    }),
  },
];
