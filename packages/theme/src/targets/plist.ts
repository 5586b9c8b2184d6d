/** Property lists of macOS, as XML. */

export type Plist = string | number | readonly Plist[] | { readonly [key: string]: Plist };

export function xml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

export function plist(value: Plist): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
${node(value, '')}
</plist>
`;
}

function node(value: Plist, indent: string): string {
  if (typeof value === 'string') return `${indent}<string>${xml(value)}</string>`;
  if (typeof value === 'number') return `${indent}<real>${value}</real>`;
  const inner = `${indent}  `;
  if (Array.isArray(value))
    return `${indent}<array>\n${value.map((one: Plist) => node(one, inner)).join('\n')}\n${indent}</array>`;
  const members = Object.entries(value).map(
    ([key, one]) => `${inner}<key>${xml(key)}</key>\n${node(one, inner)}`,
  );
  return `${indent}<dict>\n${members.join('\n')}\n${indent}</dict>`;
}
