/** From a request target to the names in it (RFC 9112 §3.2). What comes in is hostile: an allow-list decides. */
import { limits } from '@mlld/format';

export interface Target {
  /** Decoded path segments; none is empty, `.` or `..`, none holds a slash, a backslash or a control character. */
  readonly segments: readonly string[];
  /** Whether the path ends in `/`. */
  readonly folder: boolean;
  readonly query: URLSearchParams;
}

/** Undefined for a target that can't name anything here. */
export function parseTarget(text: string): Target | undefined {
  if (text.length > limits.httpTargetChars) return undefined;
  const origin = text.replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = origin.indexOf('?');
  const path = mark < 0 ? origin : origin.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : origin.slice(mark + 1));
  if (path === '/' || path === '') return { segments: [], folder: true, query };
  if (!path.startsWith('/')) return undefined;
  const folder = path.endsWith('/');
  const segments: string[] = [];
  for (const part of path.slice(1, folder ? -1 : undefined).split('/')) {
    const segment = decodeSegment(part);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return { segments, folder, query };
}

function decodeSegment(part: string): string | undefined {
  let segment: string;
  try {
    segment = decodeURIComponent(part);
  } catch {
    return undefined;
  }
  const bad =
    segment === '' || segment === '.' || segment === '..' || /[/\\\u0000-\u001f\u007f]/.test(segment);
  return bad ? undefined : segment;
}

const plain = /^[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]*$/;
/** Folders that a distribution may have although their names start with a dot. */
const dotFolders = ['.claude-plugin', '.well-known'];
const segmentChars = 200;

/** The path below the distribution's folder that a target names; undefined where no file of a distribution can be. */
export function distributionPath({ segments, folder }: Target): string | undefined {
  const parts = folder ? [...segments, 'index.html'] : segments;
  const good = parts.every(
    (part, i) =>
      (i === 0 && parts.length > 1 && dotFolders.includes(part)) ||
      (part.length <= segmentChars && plain.test(part) && !part.endsWith('.')),
  );
  return good ? parts.join('/') : undefined;
}
