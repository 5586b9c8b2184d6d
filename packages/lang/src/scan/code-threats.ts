/** Rules about embedded code that hides what it does or takes what is not its own. */
import type { CodeArea } from './areas.ts';
import type { Hit, Scanned } from './hit.ts';
import { lineHits, secretFile, shellHits } from './shell-threats.ts';

export function codeHits(scanned: Scanned): Hit[] {
  const { text, code, areaAt, network } = scanned;
  const inside = code.flatMap((area) => {
    const found =
      area.language === 'sh' || area.language === 'cmd' ? shellHits(area.text) : scriptHits(area, network);
    return found.map((hit) => ({ ...hit, at: area.exact ? area.start + hit.at : area.start }));
  });
  const shellAreas = code.filter(({ language }) => language === 'sh' || language === 'cmd');
  const inShell = within(shellAreas);
  const lines = lineHits(text, inShell).map(
    (hit): Hit =>
      areaAt(hit.at) === 'docs' || areaAt(hit.at) === 'comment' ? { ...hit, severity: 'medium' } : hit,
  );
  return [...inside, ...lines, ...secretFileHits(scanned, inShell), ...encodedHits(scanned)];
}

/** Areas do not overlap. */
function within(areas: readonly CodeArea[]): (offset: number) => boolean {
  const sorted = areas.map(({ outer }) => outer).sort((a, b) => a.start - b.start);
  return (offset) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]!.end <= offset) low = middle + 1;
      else high = middle;
    }
    const area = sorted[low];
    return area !== undefined && area.start <= offset;
  };
}

// ---- JavaScript and Python

const scriptEval =
  /(?<![.\w$])(?:eval|(?:new\s{1,20})?Function)\s{0,20}\(|\bvm\s{0,5}\.\s{0,5}run\w{0,30}\s{0,20}\(/g;
const pythonEval = /(?<![.\w])(?:eval|exec)\s{0,20}\(/g;
const decoding =
  /\b(?:atob|Buffer\.from|fromCharCode|fromCodePoint|decodeURIComponent|unescape|inflate\w{0,10}|gunzip\w{0,10}|b64decode|fromhex|unhexlify|decompress|codecs\.decode)\b/;
const downloading = /\b(?:fetch|https?\.get|urlopen|requests\.get|httpx\.get|XMLHttpRequest)\s{0,20}\(/;
const wholeEnvironment =
  /\.\.\.\s{0,5}process\.env\b|\b(?:JSON\.stringify|Object\.(?:keys|values|entries|assign))\s{0,5}\([^)]{0,60}process\.env\s{0,5}[),]|\b(?:dict|list|str)\s{0,5}\(\s{0,5}os\.environ\b|\bos\.environ\.(?:items|copy|values)\b|\bjson\.dumps\s{0,5}\([^)]{0,60}os\.environ\b/g;
/** How far behind `eval(` its argument is looked at. */
const argumentReach = 300;

function scriptHits({ language, text }: CodeArea, network: boolean): Hit[] {
  const hits: Hit[] = [];
  const downloads = downloading.test(text);
  for (const { index, 0: call } of text.matchAll(language === 'py' ? pythonEval : scriptEval)) {
    const argument = text.slice(index + call.length, index + call.length + argumentReach);
    const name = call.replace(/\s{0,20}\($/, '');
    if (decoding.test(argument.split('\n', 1)[0]!))
      hits.push({
        rule: 'obfuscation/encoded-run',
        at: index,
        message: `${name} runs a text that is decoded`,
      });
    else if (downloads)
      hits.push({ rule: 'download/run', at: index, message: `${name} runs a text in code that downloads` });
    else hits.push({ rule: 'obfuscation/eval', at: index, message: `${name} runs a text as code` });
  }
  for (const { index } of text.matchAll(wholeEnvironment)) {
    const message = network
      ? 'all of the environment is taken, and the source uses the network'
      : 'all of the environment is taken';
    hits.push({
      rule: 'exfiltration/environment',
      at: index,
      message,
      ...(network ? {} : { severity: 'low' }),
    });
  }
  return [...hits, ...charCodeHits(text)];
}

const fromCodes = /\bfromC(?:harCode|odePoint)\b/g;
const chr = /\bchr\s{0,5}\(/g;
/** Of what could be written as it is: characters of other scripts have to be escaped in patterns. */
const escapes = /(?:\\x[0-9a-fA-F]{2}){16}|(?:\\u00[2-7][0-9a-fA-F]){16}/g;
const codeReach = 400;

function charCodeHits(text: string): Hit[] {
  const rule = 'obfuscation/char-codes';
  const hits: Hit[] = [];
  let next = 0;
  const add = (at: number) => {
    if (at < next) return;
    hits.push({ rule, at, message: 'a text is built from character codes' });
    next = at + codeReach;
  };
  for (const { index } of text.matchAll(fromCodes))
    if ((text.slice(index, index + codeReach).match(/\b(?:0x[0-9a-f]{2,4}|\d{2,6})\b/gi)?.length ?? 0) >= 8)
      add(index);
  for (const { index } of text.matchAll(chr)) {
    if (index < next) continue;
    if ((text.slice(index, index + codeReach).match(/\bchr\s{0,5}\(\s{0,5}\d/g)?.length ?? 0) >= 8)
      add(index);
  }
  next = 0;
  for (const { index } of text.matchAll(escapes)) add(index);
  return hits;
}

// ---- anywhere outside of docs

/** Commands log in with such files too; that they are sent is a matter of the pipeline. */
function secretFileHits({ text, areaAt, network }: Scanned, inShell: (offset: number) => boolean): Hit[] {
  return [...text.matchAll(secretFile)]
    .filter(({ index }) => areaAt(index) === 'code' || areaAt(index) === 'string')
    .map(({ index, 0: file }): Hit => {
      const grave = network && !inShell(index);
      const message = `'${file}' is named${grave ? ', and the source uses the network' : ''}`;
      return {
        rule: 'exfiltration/secret-file',
        at: index,
        message,
        ...(grave ? {} : { severity: 'medium' }),
      };
    });
}

/** Characters of base64, wrapped at 60 or more a line or not, and of hexadecimal digits. */
const encodedLength = 512;
const wrapped = 60;

function encodedHits({ text, areaAt }: Scanned): Hit[] {
  const hits: Hit[] = [];
  let start = 0;
  let line = 0;
  let length = 0;
  const end = (at: number) => {
    if (length >= encodedLength && isDense(text.slice(start, start + encodedLength))) {
      const isData = /;base64,$/.test(text.slice(Math.max(0, start - 30), start));
      const low = isData || areaAt(start) === 'docs';
      const message = `${length} characters of encoded ${isData ? 'data of a data: URL' : 'text'}`;
      hits.push({
        rule: 'obfuscation/long-encoded',
        at: start,
        message,
        ...(low ? { severity: 'low' } : {}),
      });
    }
    start = at + 1;
    line = at + 1;
    length = 0;
  };
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? -1 : text.charCodeAt(at);
    if (isEncodedChar(code)) length++;
    else if (code === 10 && length > 0 && at - line >= wrapped) line = at + 1;
    else end(at);
  }
  return hits;
}

function isEncodedChar(code: number): boolean {
  const isDigit = code >= 48 && code <= 57;
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  // + / = - _
  return isDigit || isLetter || code === 43 || code === 47 || code === 61 || code === 45 || code === 95;
}

/** Neither a rule of dashes nor one long word. */
function isDense(text: string): boolean {
  return new Set(text).size >= 12 && /\d/.test(text);
}
