import { hash } from 'node:crypto';

/*
 * The tokens of the bench provider say which grant they belong to and which in its chain they are, so that a million
 * chains are kept in a few megabytes. The check value stands for the randomness of real ones.
 */

export interface ReadToken {
  index: number;
  generation: number;
}

const checkValue = (kind: 'at' | 'rt', index: number, generation: number): string =>
  hash('sha256', `bench ${kind} ${index} ${generation}`, 'base64url');

export const accessToken = (index: number, generation: number): string =>
  `at.${index}.${generation}.${checkValue('at', index, generation)}`;

export const refreshToken = (index: number, generation: number): string =>
  `rt.${index}.${generation}.${checkValue('rt', index, generation)}`;

/** @returns null when it is no refresh token of this provider */
export const readRefreshToken = (token: string): ReadToken | null => {
  const [, index, generation] = token.split('.');
  const read = { index: Number(index), generation: Number(generation) };
  return refreshToken(read.index, read.generation) === token ? read : null;
};
