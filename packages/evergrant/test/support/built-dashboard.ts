import { bringUpToDate } from '../../../dashboard/build.ts';

/** Builds the dashboard once before all tests: of several services that start at once each would build it. */
export const setup = bringUpToDate;
