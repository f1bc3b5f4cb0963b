/**
 * For tests of applications and of providers: simulated platforms, and the contract that every provider must keep.
 *
 * @module
 */
export * from '../sandbox/index.ts';
export * from './contract.ts';
