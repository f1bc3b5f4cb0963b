import { describe } from 'vitest';
import { itHoldsAt } from './property.test-support.ts';

describe('whatever happens, no grant is lost but those whose answer died on the wire', () => {
  itHoldsAt(
    'rotates, no grace, reuse revokes',
    'rotates, no grace, reuse is only refused',
    'rotates, with grace',
    'rotates, with a short grace',
    'rotates, with a grace in which repeats fork',
  );
});
