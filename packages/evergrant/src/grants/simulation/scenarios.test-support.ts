import type { Scenario } from './world.test-support.ts';

const lifetime = 240_000;

/** Kinds of platforms, each of which asks for another rule of the engine. */
export const platforms = {
  'rotates, no grace, reuse revokes': {
    knobs: { rotates: true, grace: 0, reuseRevokes: true, lifetime },
    grants: 2,
    steps: 60,
  },
  'rotates, no grace, reuse is only refused': {
    knobs: { rotates: true, grace: 0, reuseRevokes: false, lifetime },
    grants: 2,
    steps: 60,
  },
  'rotates, with grace': {
    knobs: { rotates: true, grace: 600_000, reuseRevokes: true, lifetime },
    grants: 2,
    steps: 60,
  },
  'rotates, with a short grace': {
    knobs: { rotates: true, grace: 60_000, reuseRevokes: true, lifetime },
    grants: 2,
    steps: 60,
  },
  'rotates, with a grace in which repeats fork': {
    knobs: { rotates: true, grace: 60_000, reuseRevokes: true, repeat: 'forks', lifetime },
    grants: 2,
    steps: 60,
  },
  'does not rotate': { knobs: { rotates: false, grace: 0, reuseRevokes: true, lifetime }, grants: 2, steps: 60 },
  'takes one request at a time': {
    knobs: { rotates: true, grace: 0, reuseRevokes: true, lifetime },
    concurrency: 1,
    grants: 3,
    steps: 60,
  },
  'takes one request in two seconds': {
    knobs: { rotates: true, grace: 0, reuseRevokes: true, lifetime },
    perSecond: 0.5,
    grants: 3,
    steps: 60,
  },
} satisfies Record<string, Scenario & { steps: number }>;
