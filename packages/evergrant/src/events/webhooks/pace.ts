const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Pauses between the attempts of one delivery: three days and a half, then it is given up. */
const pauses = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  hour,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  24 * hour,
  24 * hour,
];

/** While an endpoint fails it is tried at least so often, if anything is due for it. */
const longestSilence = 5 * minute;

/** An endpoint that failed for so long and takes one delivery again gets the others at once. */
export const recoversAfter = 5 * minute;

/** An endpoint that took nothing for so long is disabled. */
export const disabledAfter = 5 * day;

/** While a secret is rotated the previous one signs too, for so long. */
export const rotationTime = day;

/** Deliveries are kept for so long. */
export const deliveriesKept = 30 * day;

/** Milliseconds for connecting, sending and reading the answer. */
export const deadline = 15 * second;

/** So long a process that stops waits for attempts under way. */
export const stopPatience = 2 * second;

/** An attempt that has not reported by then is taken over by another process. */
export const leaseTime = 2 * deadline;

/**
 * The pause after an attempt that failed, in milliseconds.
 *
 * @param attempts how many there were
 * @param random in [0, 1); spreads it by a tenth to either side, so that those who failed together do not come together
 * @returns null: it is given up
 */
export const pauseAfter = (attempts: number, random: number): number | null => {
  const pause = pauses[attempts - 1];
  return pause === undefined ? null : Math.round(pause * (0.9 + 0.2 * random));
};

/** How long an endpoint is left alone after so many failures in a row, in milliseconds. */
export const silenceAfter = (failures: number, random: number): number =>
  Math.min(longestSilence, pauseAfter(Math.min(failures, pauses.length), random)!);
