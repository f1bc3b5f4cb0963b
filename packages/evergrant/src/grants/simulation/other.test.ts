import { describe } from 'vitest';
import { itHoldsAt } from './property.test-support.ts';

describe('whatever happens, no grant is lost but those whose answer died on the wire', () => {
  itHoldsAt('takes one request at a time', 'takes one request in two seconds', 'does not rotate');
});
