import { defaultGroup, type TemporalSettings } from '../../settings/index.ts';

/** Whose workers send the renewals of a provider. */
export const groupsOf = ({ groups }: Pick<TemporalSettings, 'groups'>): ((provider: string) => string) => {
  const known = new Map(Object.entries(groups).flatMap(([group, ids]) => ids.map((id) => [id, group] as const)));
  return (provider) => known.get(provider) ?? defaultGroup;
};
