import { hash } from 'node:crypto';
import { initial } from './document.ts';

/** A picture of a simulated account: its initial, in a colour of its own. */
export const avatar = (name: string): Response => {
  const hue = (hash('sha256', name, 'buffer').readUInt16BE() * 360) >> 16;
  const letter = initial(name);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80"><rect width="80" height="80" fill="hsl(${hue} 45% 38%)"/><text x="40" y="40" dy=".35em" text-anchor="middle" font-family="system-ui, sans-serif" font-size="38" font-weight="600" fill="#fff">${letter}</text></svg>`;
  return new Response(svg, {
    headers: {
      'content-type': 'image/svg+xml',
      'content-security-policy': "default-src 'none'",
      'x-content-type-options': 'nosniff',
    },
  });
};
