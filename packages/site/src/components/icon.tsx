/** Small drawings on a grid of 16, in the colour of the text around them. */
import { raw } from 'hono/html';

const drawings = {
  mark: '<path d="M2.5 13V5.2c0-1.5 1.1-2.7 2.6-2.7S7.8 3.7 7.8 5.2V13M7.8 5.2c0-1.5 1.2-2.7 2.7-2.7s2.7 1.2 2.7 2.7V13"/><path d="M5 13h.2M10.4 13h.2"/>',
  search: '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3 3"/>',
  theme: '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11a5.5 5.5 0 0 0 0-11Z" fill="currentColor"/>',
  copy: '<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 3.8V3.5a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h.3"/>',
  check: '<path d="m3 8.5 3.2 3.2L13 4.8"/>',
  cross: '<path d="m4 4 8 8M12 4l-8 8"/>',
  dot: '<circle cx="8" cy="8" r="2.5"/>',
  shield:
    '<path d="M8 1.8 13 3.6v4.1c0 3-2 5.2-5 6.5-3-1.3-5-3.5-5-6.5V3.6Z"/><path d="m5.8 7.9 1.6 1.6 2.9-3"/>',
  info: '<circle cx="8" cy="8" r="5.8"/><path d="M8 7.3v3.6M8 5v.2"/>',
  warning: '<path d="M8 2.2 14.3 13H1.7Z"/><path d="M8 6.5v3M8 11.3v.2"/>',
  feed: '<path d="M3 3a10 10 0 0 1 10 10M3 7.5A5.5 5.5 0 0 1 8.5 13"/><circle cx="4" cy="12" r=".8" fill="currentColor"/>',
  play: '<path d="M5 3.2v9.6L12.6 8Z"/>',
  file: '<path d="M4 1.8h5L12.5 5v9.2H4Z"/><path d="M9 1.8V5h3.5"/>',
  flag: '<path d="M4 14V2.5h8l-1.8 3L12 8.5H4"/>',
} as const;

export type IconName = keyof typeof drawings;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      {raw(drawings[name])}
    </svg>
  );
}
