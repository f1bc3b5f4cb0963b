import { expect, test } from 'vitest';
import { initials } from './markup.ts';

test.each([
  ['LinkedIn', 'LI'],
  ['LinkedIn Pages', 'LP'],
  ['TikTok Business', 'TB'],
  ['Threads', 'Th'],
  ['VK', 'VK'],
  ['X', 'X'],
  ['WordPress.com', 'WC'],
  ['ada', 'Ad'],
  ['“Blue” GmbH', 'BG'],
  ['👩‍🚀', '👩‍🚀'],
  ['', '?'],
])('%s is shown as %s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});
