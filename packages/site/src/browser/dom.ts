/** Elements with text and attributes, never with HTML. */
export type Content = Node | string | undefined;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content.filter((one) => one !== undefined));
  return element;
}

const svg = 'http://www.w3.org/2000/svg';
const paths = { check: 'm3 8.5 3.2 3.2L13 4.8', cross: 'm4 4 8 8M12 4l-8 8', dot: 'M6.5 8h3' } as const;

export function icon(name: keyof typeof paths): SVGElement {
  const element = document.createElementNS(svg, 'svg');
  for (const [key, value] of Object.entries({
    class: 'icon',
    viewBox: '0 0 16 16',
    width: '16',
    height: '16',
    'aria-hidden': 'true',
  }))
    element.setAttribute(key, value);
  const path = document.createElementNS(svg, 'path');
  path.setAttribute('d', paths[name]);
  element.append(path);
  return element;
}
