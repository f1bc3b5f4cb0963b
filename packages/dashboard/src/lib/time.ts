const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const two = (value: number): string => String(value).padStart(2, '0');

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** How long something lasts, as exact as it is near: `1:05`, `3 h 20 min`, `12 days`. Milliseconds. */
export const span = (milliseconds: number): string => {
  const left = Math.max(0, milliseconds);
  if (left < hour) return `${Math.floor(left / minute)}:${two(Math.floor((left % minute) / 1000))}`;
  if (left < day) {
    const minutes = Math.floor((left % hour) / minute);
    return `${Math.floor(left / hour)} h${minutes === 0 ? '' : ` ${minutes} min`}`;
  }
  return plural(Math.floor(left / day), 'day');
};

/** How long ago something was: `just now`, `4 min ago`, `3 h ago`, `yesterday`, `12 days ago`, else the date. */
export const ago = (at: string, now: number): string => {
  const passed = now - Date.parse(at);
  if (passed < 10_000) return 'just now';
  if (passed < minute) return `${Math.floor(passed / 1000)} s ago`;
  if (passed < hour) return `${Math.floor(passed / minute)} min ago`;
  if (passed < day) return `${Math.floor(passed / hour)} h ago`;
  if (passed < 30 * day) return `${plural(Math.floor(passed / day), 'day')} ago`;
  return date(at);
};

const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const clockFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

export const date = (at: string): string => dateFormat.format(new Date(at));
/** With seconds and the zone of whoever looks. */
export const exact = (at: string): string => exactFormat.format(new Date(at));
/** Hours and minutes. */
export const clockTime = (at: string): string => clockFormat.format(new Date(at));

const numbers = new Intl.NumberFormat();
export const number = (value: number): string => numbers.format(value);
/** `1 connection`, `1,204 connections`. */
export const counted = (count: number, unit: string, units = `${unit}s`): string =>
  `${number(count)} ${count === 1 ? unit : units}`;
