import { EvergrantError } from '../errors/index.ts';

/** What somebody is told who goes on using what was closed: a mistake of the calling code. */
export const closedError = (): EvergrantError =>
  new EvergrantError('conflict', {
    detail: 'close() was called on this Evergrant, which does nothing any more. Make another with createEvergrant()',
  });
